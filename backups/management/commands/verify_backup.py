"""Check that a backup can be restored."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backups.errors import BackupError
from backups.keys import read_identities
from backups.restoring import LATEST, open_backup, verify


class Command(BaseCommand):
    """Restore a backup to a temporary location and compare every table and file with its manifest."""

    help = (
        "Restore a backup to a temporary location and compare row counts, contents and checksums. Changes nothing else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the archive and the secret key."""
        parser.add_argument("archive", nargs="?", default=LATEST, help="a path, a name in BACKUP_URL, or latest")
        parser.add_argument("--identity", type=Path, required=True, help="the file with the secret key")
        parser.add_argument(
            "--accept-unsigned", action="store_true", help="accept a backup whose signature does not match SECRET_KEY"
        )

    def handle(self, *args: Any, archive: str, identity: Path, accept_unsigned: bool, **options: Any) -> None:
        """Report what the backup contains."""
        try:
            with open_backup(archive, read_identities(identity), accept_unsigned=accept_unsigned) as contents:
                verify(contents)
                tables = contents.manifest.tables
                rows = sum(table.rows for table in tables.values())
                self.stdout.write(
                    f"The backup of {contents.manifest.created_at} can be restored: {len(tables)} tables, {rows:,} "
                    f"rows, {contents.media_count:,} uploads."
                )
        except BackupError as error:
            raise CommandError(str(error)) from error
