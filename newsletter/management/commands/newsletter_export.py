"""Export subscribers to a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import AuditEvent
from newsletter.subscribers import csv_io
from siteinfo.local_time import local_time_of_site


class Command(BaseCommand):
    """Write all subscribers to a CSV file, which newsletter_import can read."""

    help = "Export all subscribers to a CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the command's argument."""
        parser.add_argument("file", type=Path)

    @local_time_of_site()
    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Write the file and print the number of subscribers."""
        count = -1  # the header
        with file.open("w", encoding="utf-8", newline="") as output:
            for line in csv_io.export_subscribers():
                output.write(line)
                count += 1
        AuditEvent.objects.record(AuditEvent.Kind.EXPORTED, subject="all subscribers, from the command line")
        self.stdout.write(f"{count} subscribers exported to {file}.")
