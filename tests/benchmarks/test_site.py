"""`make bench` measures and writes its report. Its figures are not checked."""

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
