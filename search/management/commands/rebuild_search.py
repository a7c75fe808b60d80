"""Make the search index anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from search.indexing import index_missing, rebuild


class Command(BaseCommand):
    """`rebuild_search [--missing]`; safe at any time and to interrupt: run again, it ends the same."""

    help = "Make the search index anew, as after a change of LANGUAGE_CODE."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--missing", action="store_true", help="only index what is not in it yet")

    def handle(self, *args: Any, missing: bool, **options: Any) -> None:
        done = self._fill() if missing else rebuild(self._report)
        self._report(0, "\r")
        self.stdout.write(f"{done} documents indexed.")

    def _fill(self) -> int:
        done = 0
        while new := index_missing():
            done += new
            self._report(done)
        return done

    def _report(self, done: int, line: str = "\r{}") -> None:
        if self.stdout.isatty():
            self.stdout.write(line.format(done), ending="")
            self.stdout.flush()
