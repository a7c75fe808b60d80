"""Check the library of references now instead of bit by bit in the worker."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from evidence import watch
from evidence.models import Source


class Command(BaseCommand):
    """`check_references [--retractions FILE]` can be interrupted and continues where it stopped."""

    help = "Mark references that were retracted, and find DOIs without a page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --retractions."""
        parser.add_argument(
            "--retractions",
            type=Path,
            metavar="FILE",
            help="read retractions from the CSV of Retraction Watch, without any request",
        )

    def handle(self, *args: Any, retractions: Path | None, **options: Any) -> None:
        """Check all references that are due, or read the file."""
        if retractions:
            self._read(retractions)
        elif not settings.REFERENCE_LOOKUPS:
            raise CommandError("REFERENCE_LOOKUPS is off. Pass --retractions with a file instead.")
        else:
            self._check_all()
        problems = Source.objects.with_problem()
        self.stdout.write(f"{problems.count()} of {Source.objects.current().count()} references need attention.")
        for source in problems:
            self.stdout.write(f"  {source}: {source.retraction or f'no page for DOI {source.doi}'}")

    def _read(self, path: Path) -> None:
        try:
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                marked = watch.import_retractions(file)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except watch.WrongFileError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(marked)} references newly marked.")

    def _check_all(self) -> None:
        checked = 0
        while due := watch.due().count():
            checked += watch.check_next()
            if self.stdout.isatty():
                self.stdout.write(f"\r{checked} checked, {due - 1} left ", ending="")
                self.stdout.flush()
            # Crossref asks for few requests a second.
            time.sleep(0.5)
        self.stdout.write(f"{checked} checked.")
