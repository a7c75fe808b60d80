"""Take a list from elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from newsletter.subscribers import csv_io


class Command(BaseCommand):
    """`newsletter_import FILE --source WORDS [--all-confirmed]`; CommandError in one sentence, and nobody added."""

    help = "Add the people of a CSV file of Mailchimp, Kit, MailerLite, MailPoet or newsletter_export."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="where they agreed, for the log of consent")
        parser.add_argument("--all-confirmed", action="store_true", help="each of them confirmed the address there")

    def handle(self, *args: Any, file: Path, source: str, all_confirmed: bool, **options: Any) -> None:
        try:
            report = csv_io.take_in(file.read_bytes(), source=source, are_confirmed=all_confirmed)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        for sentence in report.sentences():
            self.stdout.write(sentence)
