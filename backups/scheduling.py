"""Decide when a backup is due, run it alongside the worker, and report problems with backups."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from backups.models import Backup

log = logging.getLogger(__name__)

COMMAND: Sequence[str] = (sys.executable, "-m", "django", "backup")
RETRY_AFTER = timedelta(hours=1)


def is_scheduled() -> bool:
    """Return whether the settings ask for regular backups."""
    return bool(settings.BACKUP_URL) and settings.BACKUP_EVERY_HOURS > 0


def is_due() -> bool:
    """Return whether it is time for a backup. After a failure, the next attempt is an hour later."""
    if not is_scheduled():
        return False
    latest = Backup.objects.order_by("-started_at", "-pk").first()
    if latest is None:
        return True
    interval = timedelta(hours=settings.BACKUP_EVERY_HOURS)
    pause = interval if latest.status == Backup.Status.COMPLETE else min(interval, RETRY_AFTER)
    return latest.started_at <= timezone.now() - pause


def problem() -> str:
    """Return what the owner should know about the backups; "" if the last good one is recent."""
    if not settings.BACKUP_URL:
        return "If this server failed, everything would be lost. Set BACKUP_URL and BACKUP_RECIPIENTS."
    latest = Backup.objects.order_by("-started_at", "-pk").first()
    last_good = Backup.objects.completed().first()
    reason = f" The last attempt failed: {latest.error}" if latest and latest.status == Backup.Status.FAILED else ""
    if last_good is None:
        return f"No backup has been made yet.{reason}"
    if not is_recent(last_good):
        return f"The last good backup is {(timezone.now() - last_good.started_at).days} days old.{reason}"
    return reason.strip()


def is_recent(backup: Backup) -> bool:
    """Return whether the backup is no more than a day late, so that a restart in the night raises no warning."""
    limit = timedelta(hours=max(settings.BACKUP_EVERY_HOURS, 24)) + timedelta(hours=24)
    return timezone.now() - backup.started_at <= limit


class BackupProcess:
    """A process that makes a backup, so that a large one does not delay the other jobs of the worker."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start_if_due(self) -> int:
        """Start a backup if one is due. Return 0: the worker has nothing left to do."""
        if self._process and self._process.poll() is None:
            return 0
        if self._process and self._process.returncode:
            # The process has logged why, unless it was killed.
            log.error("The backup process exited with code %s", self._process.returncode)
        self._process = None
        if is_due():
            # The current folder is where Python finds the project.
            self._process = subprocess.Popen(COMMAND, cwd=settings.BASE_DIR)
        return 0

    def wait(self) -> bool:
        """Wait for the started backup to end. Return whether it succeeded."""
        process, self._process = self._process, None
        return process is None or process.wait() == 0

    def stop(self) -> None:
        """Interrupt the backup that was started, which removes its incomplete archive."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
