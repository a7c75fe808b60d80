"""Import subscribers from a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from newsletter.subscribers import csv_io


class Command(BaseCommand):
    """Add the subscribers in a CSV file. Raise CommandError if the file is invalid."""

    help = "Import subscribers from a CSV file from Mailchimp, Kit, MailerLite, MailPoet or newsletter_export."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the command's arguments."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="where they gave consent, for the consent log")
        parser.add_argument(
            "--all-confirmed", action="store_true", help="all of them have confirmed their email address"
        )

    def handle(self, *args: Any, file: Path, source: str, all_confirmed: bool, **options: Any) -> None:
        """Import the file and print the result."""
        try:
            report = csv_io.import_subscribers(file.read_bytes(), source=source, are_confirmed=all_confirmed)
        except OSError as error:
            raise CommandError(f"{file} could not be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        for message in report.messages():
            self.stdout.write(message)
