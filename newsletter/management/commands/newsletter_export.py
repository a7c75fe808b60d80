"""Write the list to a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from newsletter.subscribers import csv_io


class Command(BaseCommand):
    """`newsletter_export FILE`: all subscribers as CSV."""

    help = "Write all subscribers to FILE, as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        with file.open("w", encoding="utf-8", newline="") as out:
            number = sum(1 for line in csv_io.lines() if out.write(line)) - 1
        self.stdout.write(f"{number} subscribers are in {file}.")
