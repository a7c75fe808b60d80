"""Import the posts and pages of WordPress exports."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from wordpress import report_summary, runs
from wordpress.archive_reader import EXPORT_HINT
from wordpress.files import describe_files
from wordpress.importing import import_exports
from wordpress.media.fetching import Fetcher
from wordpress.media.importer import MediaOptions
from wordpress.media.sources import MediaSourceError, open_source
from wordpress.models import ImportRun
from wordpress.reader import Export, ExportError
from wordpress.report import Report
from wordpress.tasks import do_import, do_undo, read_exports


class Command(BaseCommand):
    """Import WordPress exports. Running it again changes nothing."""

    help = "Import posts, pages, categories, tags and authors from WordPress exports (.xml, .xml.gz, .zip)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the files and `--dry-run`."""
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument(
            "--media",
            action="append",
            default=[],
            type=Path,
            metavar="PATH",
            help="your uploads folder (wp-content/uploads), or a ZIP archive of it; may be repeated",
        )
        parser.add_argument(
            "--fetch-media", action="store_true", help="download images and files that are not there from the old site"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be imported without saving anything"
        )
        parser.add_argument(
            "--undo", type=int, metavar="IMPORT", help="remove what the import with this number created"
        )

    def handle(self, *args: Any, files: list[Path], dry_run: bool, undo: int | None, **options: Any) -> None:
        """Check all files, import them, and print the report; or undo an import."""
        if undo is not None:
            self._undo(undo)
            return
        if not files:
            raise CommandError("Name at least one file. " + EXPORT_HINT)
        # Check all files before saving anything.
        try:
            exports = read_exports(files)
            media_options = _media_options(options["media"], options["fetch_media"], dry_run)
        except ExportError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename} could not be read: {error.strerror}.") from error
        report = self._try(exports, media_options) if dry_run else self._import(files, exports, media_options)
        if self.stdout.isatty():
            self.stdout.write("\r", ending="")
        self._print(report)
        if dry_run:
            self.stdout.write("This was a dry run. Nothing was saved.")
        if report.failed:
            raise CommandError(f"{report.failed} posts or pages could not be imported. See the report above.")

    def _print(self, report: Report) -> None:
        """Print the notes, then what became of everything in the files."""
        for line in report.lines():
            self.stdout.write(line)
        if report.run:
            self.stdout.write("\nIn the files, and what became of it:")
            for line in report_summary.lines(report.run):
                self.stdout.write(line)
            self.stdout.write(f"The whole report is in the admin: {report.run.get_absolute_url()}")

    def _try(self, exports: Sequence[Export], media_options: MediaOptions) -> Report:
        """Return the report of an import that is rolled back."""
        report = Report()
        with transaction.atomic():
            import_exports(exports, report, self._progress, media_options)
            transaction.set_rollback(True)
        return report

    def _import(self, files: Sequence[Path], exports: Sequence[Export], media_options: MediaOptions) -> Report:
        """Import the exports as a run, with a report in the database."""
        described, digest = describe_files(files)
        claim = runs.start_by_hand(described, digest, {})
        if claim is None:
            raise CommandError("Another import is running. Wait until it has ended, then try again.")
        return do_import(claim, exports, self._progress, media_options)

    def _undo(self, number: int) -> None:
        """Undo an import that has ended."""
        run = ImportRun.objects.filter(pk=number).first()
        if run is None or not runs.request_undo(run):
            raise CommandError(f"There is no import {number} that can be undone.")
        run.refresh_from_db()
        claim = runs.claim(run)
        if claim is None:
            raise CommandError("Another import is running. The undo starts when it has ended.")
        do_undo(claim)
        staying = run.rows.filter(undone__startswith="Not removed").count()
        self.stdout.write(f"Import {number} is undone. Not removed, because you use them: {staying}.")

    def _progress(self, done: int) -> None:
        if self.stdout.isatty() and done % 10 == 0:
            self.stdout.write(f"\r{done} items", ending="")
            self.stdout.flush()


def _media_options(paths: list[Path], is_fetching: bool, is_dry_run: bool) -> MediaOptions:
    try:
        sources = [open_source(path) for path in paths]
    except MediaSourceError as error:
        raise CommandError(str(error)) from error
    return MediaOptions(sources, Fetcher() if is_fetching and not is_dry_run else None, is_dry_run)
