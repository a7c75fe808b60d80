"""Import an export of a site into an empty site."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import AuditEvent
from site_export.errors import SiteExportError
from site_export.importing import import_site
from siteinfo.local_time import local_time_of_site


class Command(BaseCommand):
    """Import what export_site wrote."""

    help = "Import a folder written by export_site into an empty site. Nothing changes if a file is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the folder."""
        parser.add_argument("folder", type=Path, metavar="DIR")

    @local_time_of_site()
    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Import the folder."""
        try:
            count = import_site(folder, self._progress)
        except SiteExportError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename} could not be read or written: {error.strerror}.") from error
        AuditEvent.objects.record(AuditEvent.Kind.IMPORTED, subject="whole site, from the command line")
        self.stdout.write(f"Imported {count} rows. Create your account with create_owner if you have none.")

    def _progress(self, step: str) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"Importing {step} …")
