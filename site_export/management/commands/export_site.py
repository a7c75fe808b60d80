"""Export the whole site to a folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import AuditEvent
from site_export.errors import SiteExportError
from site_export.exporting import export_site


class Command(BaseCommand):
    """Write everything into a folder, in formats that other programs read."""

    help = "Export the whole site to a new folder: JSON, Markdown, HTML, media, CSV and a WordPress file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the folder."""
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Export the site."""
        try:
            count = export_site(folder, self._progress)
        except SiteExportError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The export could not be written: {error.strerror}.") from error
        AuditEvent.objects.record(AuditEvent.Kind.EXPORTED, subject="whole site, from the command line")
        self.stdout.write(f"Exported the site to {folder}: {count} files. README.md in it explains them.")

    def _progress(self, step: str) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"Exporting {step} …")
