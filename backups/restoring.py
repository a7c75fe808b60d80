"""Open a backup, verify that it is complete, and replace the current data with it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from backups import after_restore, archive, databases, media
from backups.archive import Identity
from backups.creation import temporary_folder
from backups.errors import BackupError
from backups.manifest import Manifest
from backups.models import Backup
from backups.rotation import newest_first
from backups.targets import target_from_url
from operations.maintenance import maintenance_message
from operations.models import Maintenance
from pagecache.invalidation import invalidate_all

LATEST = "latest"
_WORK_PREFIX = "unfinished-restore-"


@dataclass(frozen=True)
class Contents:
    """The extracted contents of an archive whose checksums match."""

    manifest: Manifest
    folder: Path

    @property
    def database(self) -> Path:
        """Return the copy of the database."""
        return self.folder / databases.file_name(self.manifest.vendor)

    @property
    def media(self) -> Path:
        """Return the folder of uploads."""
        return self.folder / media.NAME

    @property
    def media_count(self) -> int:
        """Return the number of uploads and their renditions."""
        return len(self.manifest.files) - 1


@contextmanager
def open_backup(name: str, identities: Sequence[Identity], *, accept_unsigned: bool = False) -> Iterator[Contents]:
    """Fetch, decrypt, extract and check a backup. Changes only a temporary folder.

    `name` is a path, the name of an archive in BACKUP_URL, or `latest`.
    """
    with temporary_folder(_WORK_PREFIX, media.work_folder()) as work:
        path = _local_path(name, work)
        _check_space(path, work)
        tar_path = work / "archive.tar"
        archive.decrypt(path, tar_path, identities)
        manifest = archive.read_manifest(tar_path, is_signature_required=not accept_unsigned)
        contents = Contents(manifest, work / "contents")
        _check_compatible(contents)
        contents.media.mkdir(parents=True)
        archive.extract(tar_path, manifest, contents.folder)
        tar_path.unlink()
        yield contents


def _local_path(name: str, work: Path) -> Path:
    if Path(name).is_file():
        return Path(name)
    target = target_from_url(settings.BACKUP_URL)
    archives = newest_first(target.names())
    if name == LATEST and archives:
        name = archives[0]
    if name not in archives:
        raise BackupError(f"There is no backup “{name}” in BACKUP_URL. It has: {', '.join(archives[:10]) or 'none'}.")
    destination = work / name
    target.fetch(name, destination)
    return destination


def _check_space(path: Path, work: Path) -> None:
    """Raise BackupError if the decrypted and the extracted archive do not fit on the disk."""
    needed, free = 2 * path.stat().st_size, shutil.disk_usage(work).free
    if needed > free:
        raise BackupError(f"Restoring needs {needed:,} bytes in {work.parent}, but only {free:,} are free.")


def _check_compatible(contents: Contents) -> None:
    manifest = contents.manifest
    own = {databases.file_name(manifest.vendor)}
    if not own <= manifest.files.keys() or any(
        not name.startswith(f"{media.NAME}/") for name in manifest.files.keys() - own
    ):
        raise BackupError("The archive contains files other than a database and uploads.")
    known = {".".join(key) for key in MigrationLoader(None).disk_migrations or {}}
    if unknown := sorted(set(manifest.migrations) - known):
        raise BackupError(
            f"The backup was made by a newer release, with the migrations {', '.join(unknown[:3])}. Install it."
        )


def verify(contents: Contents) -> None:
    """Restore the database to a temporary location and compare all tables. Raise BackupError if one differs."""
    databases.verify(contents.manifest.vendor, contents.database, contents.manifest.tables)


def restore(contents: Contents) -> Path:
    """Replace the current data, apply missing migrations, and return the folder with the previous data.

    If the database cannot be replaced, the uploads that were there are put back.
    """
    manifest, message = contents.manifest, maintenance_message()
    previous = media.work_folder() / f"before-restore-{timezone.now():%Y%m%dT%H%M%SZ}"
    previous.mkdir(mode=0o700)
    try:
        if connection.introspection.table_names():
            databases.dump(previous / databases.file_name(manifest.vendor), lambda: None)
        with media.replaced(contents.media, previous / media.NAME):
            databases.replace(manifest.vendor, contents.database, manifest.tables)
    except BaseException:
        shutil.rmtree(previous)
        raise
    _prepare_restored_data(message)
    return previous


def _prepare_restored_data(maintenance: str | None) -> None:
    # The backup may be older than the table.
    with suppress(DatabaseError):
        _set_maintenance(maintenance)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
        _set_maintenance(maintenance)
    # The copy was made while its own backup was running.
    Backup.objects.filter(status=Backup.Status.RUNNING).update(
        status=Backup.Status.COMPLETE, finished_at=timezone.now()
    )
    after_restore.run_actions()
    invalidate_all(connection.alias)


def _set_maintenance(message: str | None) -> None:
    """Leave maintenance mode as it was before the restore, whatever it was when the backup was made."""
    if message is None:
        Maintenance.objects.turn_off()
    else:
        Maintenance.objects.turn_on(message)
