"""Make a backup now."""

import logging
import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from backups.creation import create_backup
from backups.errors import BackupError

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Back up the database, the uploads and the settings without secrets to BACKUP_URL."""

    help = "Make an encrypted backup of the database, uploads and settings without secrets, and delete expired ones."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the backup. SIGTERM removes the incomplete archive."""
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            backup = create_backup()
        except BackupError as error:
            log.error("The backup failed: %s", error)
            raise CommandError(str(error)) from error
        self.stdout.write(f"{backup.name}: {filesizeformat(backup.size or 0)}, SHA-256 {backup.sha256}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    # systemd and the worker both send it, and the second one must not interrupt the cleaning up.
    signal.signal(number, signal.SIG_IGN)
    # Not InterruptedError: pyrage would try again.
    raise BackupError("The backup was interrupted.")
