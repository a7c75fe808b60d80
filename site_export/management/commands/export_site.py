"""Export the whole site to a folder."""

import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import AuditEvent
from site_export.archives import make_archive
from site_export.errors import SiteExportError
from site_export.exporting import export_site
from site_export.models import SiteExport
from siteinfo.local_time import local_time_of_site


class Command(BaseCommand):
    """Write everything into a folder, in formats that other programs read."""

    help = "Export the whole site to a new folder: JSON, Markdown, HTML, media, CSV and a WordPress file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the folder, or what the worker uses instead."""
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("folder", nargs="?", type=Path, metavar="DIR")
        target.add_argument("--waiting", action="store_true", help="make the ZIP file that was asked for in the admin")

    @local_time_of_site()
    def handle(self, *args: Any, folder: Path | None, waiting: bool, **options: Any) -> None:
        """Export the site."""
        if folder is None:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            if export := SiteExport.objects.claim():
                make_archive(export)
            return
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
