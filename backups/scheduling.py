"""Decide when a backup is due, run it alongside the worker, and report problems with backups."""

import sys
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from backups.models import Backup
from operations.child_process import ChildProcess

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


class BackupProcess(ChildProcess):
    """A process that makes a backup."""

    name = "backup"

    def command(self) -> Sequence[str]:
        """Return the command."""
        return COMMAND

    def is_due(self) -> bool:
        """Return whether it is time for a backup."""
        return is_due()
