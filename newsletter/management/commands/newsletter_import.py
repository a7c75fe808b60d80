"""Import subscribers from a CSV file."""

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import AuditEvent
from newsletter.subscribers.csv_io import ImportPreview, import_subscribers, preview_import
from siteinfo.local_time import local_time_of_site


class Command(BaseCommand):
    """Add the subscribers in a CSV file. Raise CommandError if the file is invalid."""

    help = "Import subscribers from a CSV file: an export of a newsletter service, or of newsletter_export."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the command's arguments."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="where they gave consent, for the consent log")
        parser.add_argument(
            "--all-confirmed", action="store_true", help="all of them have confirmed their email address"
        )
        parser.add_argument("--dry-run", action="store_true", help="show what it would do without saving anything")

    @local_time_of_site()
    def handle(self, *args: Any, file: Path, source: str, all_confirmed: bool, dry_run: bool, **options: Any) -> None:
        """Import the file and print the result, or with `dry_run` what it would be."""
        try:
            with file.open("rb") as content:
                if dry_run:
                    self._print_preview(preview_import(content, are_confirmed=all_confirmed))
                else:
                    report = import_subscribers(content, source=source, are_confirmed=all_confirmed)
                    AuditEvent.objects.record(AuditEvent.Kind.IMPORTED, subject="subscribers, from the command line")
                    self._print(report.messages())
        except OSError as error:
            raise CommandError(f"{file} could not be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error

    def _print_preview(self, preview: ImportPreview) -> None:
        self._print(f"{column.heading}: {column.use.value}" for column in preview.used_columns)
        if preview.unused_columns:
            self.stdout.write(f"Not imported: {', '.join(preview.unused_columns)}")
        self.stdout.write(f"\nThe first {len(preview.sample)} people in {preview.line_count} lines:")
        self._print(f"Line {each.row.line}: {each.row.email} – {each.description}" for each in preview.sample)
        self.stdout.write("\nThe import would have this result:")
        self._print(preview.report.messages())
        if preview.unknown_topics:
            self.stdout.write(f"This site has no topics with these names: {', '.join(sorted(preview.unknown_topics))}.")
        self.stdout.write("This was a dry run. Nothing was saved.")

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)
