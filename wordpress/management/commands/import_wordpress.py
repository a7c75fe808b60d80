"""Import the posts and pages of WordPress exports."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from siteinfo.local_time import local_time_of_site
from wordpress import report_summary, runs
from wordpress.answers import (
    AnswerError,
    Answers,
    parse_base,
    parse_hosts,
    parse_time_zone,
    parse_types,
    with_answers,
)
from wordpress.archive_reader import EXPORT_HINT
from wordpress.files import describe_files
from wordpress.media.fetching import Fetcher
from wordpress.media.importer import MediaOptions
from wordpress.media.sources import MediaSourceError, open_source
from wordpress.models import ImportRun, ReportRow
from wordpress.preview import build_preview, preview_lines
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
            "--as",
            action="append",
            default=[],
            metavar="TYPE=post",
            dest="types",
            help="import a type that a plugin or theme added as posts, or with TYPE=page as pages; may be repeated",
        )
        parser.add_argument("--old-hosts", default="", metavar="HOSTS", help="other addresses of the old site")
        parser.add_argument("--category-base", default="", help="the word before categories in old URLs")
        parser.add_argument("--tag-base", default="", help="the word before tags in old URLs")
        parser.add_argument("--time-zone", default="", help="the time zone of dates without UTC, such as Europe/Paris")
        parser.add_argument(
            "--dry-run", action="store_true", help="print what the files contain and what is new, and save nothing"
        )
        parser.add_argument(
            "--undo", type=int, metavar="IMPORT", help="remove what the import with this number created"
        )

    @local_time_of_site()
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
            media_options = _media_options(options["media"], options["fetch_media"])
            answers = _answers(options)
        except (ExportError, AnswerError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename} could not be read: {error.strerror}.") from error
        if dry_run:
            self._preview([with_answers(export, answers) for export in exports], media_options)
            return
        report = self._import(files, exports, media_options, answers)
        if self.stdout.isatty():
            self.stdout.write("\r", ending="")
        self._print(report)
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

    def _preview(self, exports: Sequence[Export], media_options: MediaOptions) -> None:
        """Print what the files contain."""
        preview = build_preview(exports, lambda done, total: self._progress(done), media_options)
        if self.stdout.isatty():
            self.stdout.write("\r", ending="")
        for line in preview_lines(preview):
            self.stdout.write(line)
        self.stdout.write("This was a dry run. Nothing was saved.")

    def _import(
        self, files: Sequence[Path], exports: Sequence[Export], media_options: MediaOptions, answers: Answers
    ) -> Report:
        """Import the exports as a run, with a report in the database."""
        described, digest = describe_files(files)
        claim = runs.start_by_hand(described, digest, answers.options())
        if claim is None:
            raise CommandError("Another import is running. Wait until it has ended, then try again.")
        return do_import(claim, exports, self._progress, media_options)

    def _undo(self, number: int) -> None:
        """Undo an import that has ended."""
        run = ImportRun.objects.filter(pk=number).first()
        if run is None or not runs.request_undo(run, None):
            raise CommandError(f"There is no import {number} that can be undone.")
        run.refresh_from_db()
        claim = runs.claim(run)
        if claim is None:
            raise CommandError("Another import is running. The undo starts when it has ended.")
        do_undo(claim)
        staying = run.rows.filter(undone__startswith="Not removed").count()
        self.stdout.write(f"Import {number} is undone. Not removed, because you use them: {staying}.")
        for row in run.rows.filter(kind=ReportRow.Kind.LINK, outcome=ReportRow.Outcome.MISSING):
            self.stdout.write(f"“{row.title}” links to {row.source}, which is no longer there.")

    def _progress(self, done: int) -> None:
        if self.stdout.isatty() and done % 10 == 0:
            self.stdout.write(f"\r{done} items", ending="")
            self.stdout.flush()


def _answers(options: Mapping[str, Any]) -> Answers:
    return Answers(
        types=parse_types(options["types"]),
        hosts=parse_hosts(options["old_hosts"]),
        category_base=parse_base(options["category_base"]),
        tag_base=parse_base(options["tag_base"]),
        time_zone=parse_time_zone(options["time_zone"]),
    )


def _media_options(paths: list[Path], is_fetching: bool) -> MediaOptions:
    try:
        sources = [open_source(path) for path in paths]
    except MediaSourceError as error:
        raise CommandError(str(error)) from error
    return MediaOptions(sources, Fetcher() if is_fetching else None)
