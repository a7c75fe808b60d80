"""Import the posts and pages of WordPress exports."""

from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import AuditEvent
from wordpress.importing import import_exports
from wordpress.reader import Export, ExportError, read_export
from wordpress.report import Report


class Command(BaseCommand):
    """Import WordPress exports. Running it again changes nothing."""

    help = "Import posts, pages, categories, tags and authors from WordPress exports (.xml, .xml.gz, .zip)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the files and `--dry-run`."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be imported without saving anything"
        )

    def handle(self, *args: Any, files: list[Path], dry_run: bool, **options: Any) -> None:
        """Check all files, import them, and print the report."""
        # Check all files before saving anything.
        try:
            exports = [_read(file) for file in files]
        except OSError as error:
            raise CommandError(f"{error.filename} could not be read: {error.strerror}.") from error
        report = Report()
        with transaction.atomic() if dry_run else nullcontext():
            import_exports(exports, report, self._progress)
            if dry_run:
                transaction.set_rollback(True)
            else:
                AuditEvent.objects.record(AuditEvent.Kind.IMPORTED, subject="WordPress exports, from the command line")
        if self.stdout.isatty():
            self.stdout.write("\r", ending="")
        for line in report.lines():
            self.stdout.write(line)
        if dry_run:
            self.stdout.write("This was a dry run. Nothing was saved.")
        if report.failed:
            raise CommandError(f"{report.failed} posts or pages could not be imported. See the report above.")

    def _progress(self, done: int) -> None:
        if self.stdout.isatty() and done % 10 == 0:
            self.stdout.write(f"\r{done} items", ending="")
            self.stdout.flush()


def _read(file: Path) -> Export:
    try:
        return read_export(file)
    except ExportError as error:
        raise CommandError(f"{file.name}: {error}") from error
