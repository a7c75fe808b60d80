"""Test that the benchmark of the import runs, and that its exports are complete. Speed is not tested here."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from benchmarks.wordpress_exports import write_export
from blog.models import Post
from pages.models import Page
from wordpress.models import ImportedObject

pytestmark = pytest.mark.any_database


@pytest.mark.django_db
def test_generated_export_is_imported_completely(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_export(tmp_path / "export.xml", 12)
    call_command("import_wordpress", str(tmp_path / "export.xml"))
    assert "Posts: 12 created." in capsys.readouterr().out
    assert (Post.objects.count(), Page.objects.count(), Page.objects.get().path) == (12, 1, "exercise-notes-7")
    assert Post.objects.get(title__endswith="part 7").slug == "exercise-notes-7-2"
    assert ImportedObject.objects.filter(kind="post").count() == 12
    unresolved = {
        int(number)
        for body in Post.objects.values_list("body", flat=True)
        for number in re.findall(r'href="https://old-clinic\.example/\d+/\d+/exercise-notes-(\d+)/', body)
    }
    assert unresolved
    assert min(unresolved) > 12


def test_longer_export_starts_with_the_same_posts(tmp_path: Path) -> None:
    for number in (3, 4):
        write_export(tmp_path / f"{number}.xml", number)
    shorter, longer = ((tmp_path / f"{number}.xml").read_text() for number in (3, 4))
    assert longer.startswith(shorter.removesuffix("</channel>\n</rss>\n"))


@pytest.mark.slow
def test_benchmark_prints_a_row_for_its_size() -> None:
    command = [sys.executable, "-m", "benchmarks.wordpress_import", "--posts", "3"]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    result = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    rows = [line.split(" | ") for line in result.stdout.splitlines() if line.startswith("|")]
    assert [row[0] for row in rows] == ["| posts", "| ---", "| 3"]
    assert {len(row) for row in rows} == {8}
