"""Replace the site's data with a backup."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from backups.errors import BackupError
from backups.keys import read_identities
from backups.restoring import LATEST, Contents, open_backup, restore


class Command(BaseCommand):
    """Restore a backup after checking all of it, and keep the previous data."""

    help = "Replace the database and the uploads with those from a backup. Stop the web server and the worker first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the archive, the secret key, and the options that skip prompts and checks."""
        parser.add_argument("archive", nargs="?", default=LATEST, help="a path, a name in BACKUP_URL, or latest")
        parser.add_argument("--identity", type=Path, required=True, help="the file with the secret key")
        parser.add_argument("--yes", action="store_true", help="overwrite the current data without asking")
        parser.add_argument(
            "--accept-unsigned", action="store_true", help="accept a backup whose signature does not match SECRET_KEY"
        )

    def handle(
        self, *args: Any, archive: str, identity: Path, yes: bool, accept_unsigned: bool, **options: Any
    ) -> None:
        """Restore the backup."""
        try:
            with open_backup(archive, read_identities(identity), accept_unsigned=accept_unsigned) as contents:
                if not yes and not self._confirm(contents):
                    raise CommandError("Nothing was changed.")
                previous = restore(contents)
        except BackupError as error:
            raise CommandError(f"{error} The current data was not changed.") from error
        self.stdout.write(f"Restored. The previous data is in {previous}; delete it when you no longer need it.")
        self.stdout.write("Campaigns that were scheduled or being sent are paused. Start the site again.")
        self._report_settings(contents)

    def _confirm(self, contents: Contents) -> bool:
        manifest = contents.manifest
        if not connection.introspection.table_names():
            return True
        rows = sum(table.rows for table in manifest.tables.values())
        self.stdout.write(
            f"The backup of {manifest.created_at} has {rows:,} rows and {contents.media_count:,} uploads. It will "
            "replace everything in the current database and uploads."
        )
        self.stdout.write("Type yes to continue:  ", ending="")
        self.stdout.flush()
        return sys.stdin.readline().strip().lower() == "yes"

    def _report_settings(self, contents: Contents) -> None:
        self.stdout.write("Settings of the backed-up site, without secrets:")
        for name, value in contents.manifest.settings.items():
            self.stdout.write(f"  {name}={value}")
