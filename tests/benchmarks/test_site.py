"""Benchmarks of pages measure and print. Their figures are not checked."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = [pytest.mark.slow, pytest.mark.any_database]


def test_the_benchmark_writes_a_report_of_the_home_page(tmp_path: Path) -> None:
    report = tmp_path / "performance.md"
    options = ["--posts", "3", "--databases", "sqlite", "--seconds", "1", "--pages", "home", "--output", str(report)]
    # Only the interpreter's folder, so that the client in Python is used.
    environment = os.environ | {"PATH": str(Path(sys.executable).parent)}
    command = [sys.executable, "-m", "benchmarks.site", *options]
    subprocess.run(command, check=True, cwd=settings.BASE_DIR, env=environment, capture_output=True)
    text = report.read_text()
    assert re.search(r"^\| bare view \| .* \|$", text, re.MULTILINE)
    assert re.search(r"^\| home \| uncached \| gzip \| [1-9]", text, re.MULTILINE)
    assert re.search(r"^\| home \| hit \| gzip \|", text, re.MULTILINE)


def test_the_benchmark_of_references_prints_a_table() -> None:
    options = ["--citations", "2", "--cards", "1", "--requests", "1"]
    command = [sys.executable, "-m", "benchmarks.references", *options]
    found = subprocess.run(command, check=True, cwd=settings.BASE_DIR, capture_output=True, text=True)
    rows = re.findall(r"^\| ([a-z ]+) \| [\d.]+ \| [\d.]+ \| [\d.]+ \|$", found.stdout, re.MULTILINE)
    assert rows == ["after a change", "not in the page cache", "cached"]


def test_the_benchmark_of_memory_prints_what_each_worker_needs() -> None:
    options = ["--minutes", "0.1", "--posts", "3", "--databases", "sqlite"]
    command = [sys.executable, "-m", "benchmarks.memory", *options]
    found = subprocess.run(command, check=True, cwd=settings.BASE_DIR, capture_output=True, text=True)
    rows = re.findall(r"^\| ([12]) \| \d+ \| \d+ \| \d+ \| \d+ \| \d+ \|$", found.stdout, re.MULTILINE)
    assert rows == ["1", "2"]
    assert "errors: none" in found.stdout
