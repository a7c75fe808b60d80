"""Rebuild the search index."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from search.indexing import index_missing, rebuild_index


class Command(BaseCommand):
    """Rebuild the search index. Safe to run at any time, and to interrupt and run again."""

    help = "Rebuild the search index, for example after changing LANGUAGE_CODE."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --missing."""
        parser.add_argument("--missing", action="store_true", help="index only documents that are not indexed yet")

    def handle(self, *args: Any, missing: bool, **options: Any) -> None:
        """Index, and report the number of documents."""
        done = self._index_missing() if missing else rebuild_index(self._report_progress)
        self._write_progress("\r")
        self.stdout.write(f"{done} document{'' if done == 1 else 's'} indexed.")

    def _index_missing(self) -> int:
        done = 0
        while indexed := index_missing():
            done += indexed
            self._report_progress(done)
        return done

    def _report_progress(self, done: int) -> None:
        self._write_progress(f"\r{done}")

    def _write_progress(self, text: str) -> None:
        if self.stdout.isatty():
            self.stdout.write(text, ending="")
            self.stdout.flush()
