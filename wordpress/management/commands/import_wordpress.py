"""Import the posts and pages of WordPress exports."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import AuditEvent
from operations.errors import describe
from wordpress import runs
from wordpress.files import describe_files
from wordpress.importing import import_exports, run_import
from wordpress.models import ImportRun
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
        report = self._try(exports) if dry_run else self._import(files, exports)
        if self.stdout.isatty():
            self.stdout.write("\r", ending="")
        for line in report.lines():
            self.stdout.write(line)
        if dry_run:
            self.stdout.write("This was a dry run. Nothing was saved.")
        if report.failed:
            raise CommandError(f"{report.failed} posts or pages could not be imported. See the report above.")

    def _try(self, exports: Sequence[Export]) -> Report:
        """Return the report of an import that is rolled back."""
        report = Report()
        with transaction.atomic():
            import_exports(exports, report, self._progress)
            transaction.set_rollback(True)
        return report

    def _import(self, files: Sequence[Path], exports: Sequence[Export]) -> Report:
        """Import the exports as a run, whose report is kept."""
        described, digest = describe_files(files)
        claim = runs.start_by_hand(described, digest, {})
        if claim is None:
            raise CommandError("Another import is running. Wait until it has ended, then try again.")
        try:
            report = run_import(claim, exports, self._progress)
        except BaseException as error:
            claim.finish(
                ImportRun.State.FAILED, runs.INTERRUPTED if isinstance(error, KeyboardInterrupt) else describe(error)
            )
            raise
        claim.finish(ImportRun.State.DONE)
        AuditEvent.objects.record(AuditEvent.Kind.IMPORTED, subject="WordPress exports, from the command line")
        return report

    def _progress(self, done: int) -> None:
        if self.stdout.isatty() and done % 10 == 0:
            self.stdout.write(f"\r{done} items", ending="")
            self.stdout.flush()


def _read(file: Path) -> Export:
    try:
        return read_export(file)
    except ExportError as error:
        raise CommandError(f"{file.name}: {error}") from error
