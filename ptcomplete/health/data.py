"""Checks of what the site stores: disks, migrations, search index, backups and uploads."""

import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.template.defaultfilters import filesizeformat

from backups import scheduling
from backups.models import Backup
from backups.targets import FolderTarget, target_from_url
from operations.findings import Finding, error, ok, warning
from ptcomplete.health.findings import duration
from search.indexing import count_differences
from siteinfo.urls import admin_url, is_local_site

# An upload is stored several times over, and a backup needs a copy of the database.
LITTLE_SPACE, NO_SPACE = 2 * 1024**3, 300 * 1024**2
FEW_INODES = 0.02


def disk() -> Finding:
    """Check the free space of the folders the site writes to, and that it may write."""
    spaces = []
    for name, folder in _folders().items():
        path = _existing(folder)
        if not os.access(path, os.W_OK):
            return error(f"{name} ({folder}) is not writable.", "Give the folder to the user that runs the site.")
        usage, inodes = shutil.disk_usage(path), os.statvfs(path)
        spaces.append((usage.free, name))
        if inodes.f_files and inodes.f_favail / inodes.f_files < FEW_INODES:
            return warning(f"The disk of {name} can hold few more files.", "Delete files that nobody needs.")
    free, name = min(spaces)
    if free < LITTLE_SPACE:
        level = error if free < NO_SPACE else warning
        return level(
            f"The disk of {name} has {_size(free)} left.", "Delete what nobody needs, or move to a larger disk."
        )
    return ok(f"{_size(free)} are free where it is scarcest ({name}).")


def _folders() -> dict[str, Path]:
    folders = {
        "DATA_DIR": Path(settings.DATA_DIR),
        "the uploads": Path(settings.MEDIA_ROOT),
        "temporary files": Path(tempfile.gettempdir()),
    }
    if settings.BACKUP_URL:
        target = target_from_url(settings.BACKUP_URL)
        if isinstance(target, FolderTarget):
            folders["the backups"] = target.folder
    return folders


def _existing(folder: Path) -> Path:
    """Return the folder, or the one it will be created in."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _size(count: int) -> str:
    return filesizeformat(count).replace("\xa0", " ")


def migrations() -> Finding:
    """Check that the database has the tables of this release, and not those of a newer one."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    if pending := [migration for migration, _ in executor.migration_plan(loader.graph.leaf_nodes())]:
        return error(
            f"The database lacks {_counted(len(pending), 'change')} of this release, such as {pending[0]}.",
            "Make a backup, then run “manage.py migrate”.",
        )
    known = set(loader.disk_migrations or {})
    unknown = [key for key in loader.applied_migrations or {} if key not in known and key[0] in loader.migrated_apps]
    if unknown:
        return warning(
            f"The database was changed by a newer release ({'.'.join(min(unknown))}).",
            "Install that release again, or restore the backup made before it.",
        )
    return ok("All migrations are applied.")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"


def search_index() -> Finding:
    """Compare the search index with the documents."""
    missing, orphaned = count_differences()
    if missing or orphaned:
        return warning(
            f"{_counted(missing, 'document')} cannot be found by search, and the index has "
            f"{_counted(orphaned, 'text')} without a document.",
            "The worker adds documents within a minute. If this stays, run “manage.py rebuild_search”.",
        )
    return ok("All documents are in the index.")


def backup() -> Finding:
    """Check that the last good backup is recent."""
    if is_local_site() and not settings.BACKUP_URL:
        return ok("Not set up. A site on this machine needs none.")
    url = admin_url(Backup)
    latest = Backup.objects.completed().first()
    if problem := scheduling.problem():
        is_tolerable = not settings.BACKUP_URL or (latest is not None and scheduling.is_recent(latest))
        level = warning if is_tolerable else error
        return level(problem, "See docs/operations/backup.md. “manage.py backup” makes one now.", url)
    assert latest
    age = duration(latest.finished_at - latest.started_at) if latest.finished_at else "?"
    return ok(f"The last backup of {latest.started_at:%B %-d, %H:%M} UTC took {age}.", url)


def storage() -> Finding:
    """Check that the storage of uploads answers."""
    if isinstance(default_storage, FileSystemStorage):
        return ok("Uploads are in a folder of this machine.")
    try:
        default_storage.exists("health-check")
    except Exception as failure:
        return error(
            f"The storage of uploads does not answer ({type(failure).__name__}).",
            "Check the service and the credentials in its URL.",
        )
    return ok("The storage of uploads answers.")


def backup_storage() -> Finding:
    """Check that the place for backups can be read."""
    if not settings.BACKUP_URL:
        return ok("Not set up.")
    count = len(target_from_url(settings.BACKUP_URL).names())
    return ok(f"The place for backups can be read, and has {_counted(count, 'file')}.")
