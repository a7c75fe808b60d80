"""Make a backup: copy the database, encrypt it with the media files, store it, delete expired ones."""

import logging
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from backups import archive, databases, media
from backups.errors import BackupError
from backups.keys import parse_recipients
from backups.manifest import File, Manifest, Table
from backups.models import Backup
from backups.rotation import Keep, archive_name, expired
from backups.settings_snapshot import settings_without_secrets
from backups.targets import Target, target_from_url

log = logging.getLogger(__name__)

_WORK_PREFIX = "unfinished-backup-"
_REPORT_SECONDS = 30


@contextmanager
def temporary_folder(prefix: str, parent: Path) -> Iterator[Path]:
    """Create a folder for unencrypted data and delete it afterward. First delete those that killed processes left."""
    for leftover in parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as folder:
        yield Path(folder)


def create_backup() -> Backup:
    """Make and store a backup and delete expired ones. Raise BackupError, and record why, if that fails."""
    target = target_from_url(settings.BACKUP_URL)
    recipients = parse_recipients(settings.BACKUP_RECIPIENTS)
    backup = Backup.objects.start(archive_name(timezone.now()))
    if backup is None:
        raise BackupError("Another backup is running. Wait until it has finished.")
    try:
        _write_and_store(backup, target, recipients)
    except BaseException as error:
        # SIGTERM and Ctrl-C included. Whatever is wrong, the owner should see it on the dashboard.
        _record_failure(backup, error)
        if isinstance(error, OSError):
            raise BackupError(f"The backup failed: {error}") from error
        raise
    _delete_expired(target)
    Backup.objects.delete_oldest()
    return backup


def _record_failure(backup: Backup, error: BaseException) -> None:
    try:
        backup.mark_failed(str(error) or f"The backup was interrupted ({type(error).__name__}).")
    except DatabaseError:
        log.exception("The failure of the backup could not be recorded")


def _write_and_store(backup: Backup, target: Target, recipients: list[archive.Recipient]) -> None:
    part = target.part_path(backup.name)
    report = _throttled(backup.mark_active)
    with temporary_folder(_WORK_PREFIX, Path(settings.DATA_DIR)) as work:
        database = work / databases.file_name(connection.vendor)
        try:
            tables = databases.dump(database, report)
            members = _members(database, report)
            digest = archive.write(part, members, lambda files: _manifest(backup, tables, files), recipients)
            size = part.stat().st_size
            target.add(backup.name, part)
        finally:
            part.unlink(missing_ok=True)
    backup.mark_complete(size, digest)


def _throttled(report: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls `report` at most every 30 seconds."""
    last = time.monotonic()

    def call() -> None:
        nonlocal last
        if time.monotonic() - last > _REPORT_SECONDS:
            report()
            last = time.monotonic()

    return call


def _members(database: Path, report: Callable[[], None]) -> Iterator[tuple[str, media.Opener]]:
    """Yield the names of what the archive contains, and what opens it."""
    yield database.name, media.file_opener(database)
    for member in media.members():
        report()
        yield member


def _manifest(backup: Backup, tables: Mapping[str, Table], files: Mapping[str, File]) -> Manifest:
    applied = sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())
    versions = {
        "python": platform.python_version(),
        "django": django.get_version(),
        "database": ".".join(map(str, connection.get_database_version())),
        "pyrage": version("pyrage"),
    }
    created_at = backup.started_at.astimezone(UTC).isoformat()
    return Manifest(
        created_at, connection.vendor, versions, applied, settings_without_secrets(), dict(tables), dict(files)
    )


def _delete_expired(target: Target) -> None:
    """Delete archives that the rotation does not keep. Failures are only logged: the new backup is already stored."""
    keep = Keep(settings.BACKUP_KEEP_DAILY, settings.BACKUP_KEEP_WEEKLY, settings.BACKUP_KEEP_MONTHLY)
    try:
        for name in expired(target.names(), keep):
            target.delete(name)
    except (BackupError, OSError):
        log.exception("Expired backups could not be deleted")
