"""Where archives are stored: a folder, or a bucket on an S3-compatible service."""

import os
import shutil
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.files.storage.handler import StorageHandler

from backups.errors import BackupError
from object_storage.urls import parse_bucket_url

_PART_SUFFIX = ".part"
_SPOOL_BYTES = 10 * 1024 * 1024


class Target(Protocol):
    """A place for archives."""

    def part_path(self, name: str) -> Path:
        """Return where to write the archive `name` before `add`."""
        ...

    def add(self, name: str, part: Path) -> None:
        """Store the complete archive that was written to `part`, and remove `part`."""
        ...

    def names(self) -> list[str]:
        """Return the names of all files."""
        ...

    def fetch(self, name: str, destination: Path) -> None:
        """Copy an archive to a local file."""
        ...

    def delete(self, name: str) -> None:
        """Delete an archive."""
        ...


class FolderTarget:
    """A folder, preferably on another disk or mounted from another machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def part_path(self, name: str) -> Path:
        """Return a path in the folder itself, so that the file can be renamed. Remove what a killed backup left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.folder.glob(f".ptcomplete-*{_PART_SUFFIX}"):
            leftover.unlink(missing_ok=True)
        return self.folder / f".{name}{_PART_SUFFIX}"

    def add(self, name: str, part: Path) -> None:
        """Rename `part`, whose content is already synced to disk, and sync the folder."""
        part.rename(self.folder / name)
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def names(self) -> list[str]:
        """Return the names of the files in the folder."""
        return [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else []

    def fetch(self, name: str, destination: Path) -> None:
        """Copy an archive."""
        shutil.copyfile(self.folder / name, destination)

    def delete(self, name: str) -> None:
        """Delete an archive."""
        (self.folder / name).unlink(missing_ok=True)


class S3Target:
    """A bucket. An object appears there only when its upload is complete."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def part_path(self, name: str) -> Path:
        """Return a path in DATA_DIR, from which the archive is uploaded."""
        return FolderTarget(Path(settings.DATA_DIR) / "backup-parts").part_path(name)

    def add(self, name: str, part: Path) -> None:
        """Upload `part` in pieces."""
        try:
            with part.open("rb") as file:
                self.storage.save(name, File(file))
            if self.storage.size(name) != part.stat().st_size:
                raise BackupError("The uploaded archive is shorter than the local one.")
        except (BotoCoreError, ClientError) as error:
            raise BackupError(f"The archive could not be uploaded: {error}") from error
        finally:
            part.unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Return the names of the objects."""
        try:
            return list(self.storage.listdir("")[1])
        except (BotoCoreError, ClientError) as error:
            raise BackupError(f"The bucket could not be read: {error}") from error

    def fetch(self, name: str, destination: Path) -> None:
        """Download an archive."""
        try:
            with self.storage.open(name) as source, destination.open("xb") as output:
                shutil.copyfileobj(source, output)
        except (BotoCoreError, ClientError) as error:
            raise BackupError(f"{name} could not be downloaded: {error}") from error

    def delete(self, name: str) -> None:
        """Delete an archive."""
        try:
            self.storage.delete(name)
        except (BotoCoreError, ClientError) as error:
            raise BackupError(f"{name} could not be deleted from the bucket: {error}") from error


def target_from_url(url: str) -> Target:
    """Return the target of a BACKUP_URL: a path, or s3://key:secret@bucket/prefix?endpoint_url=https://host."""
    if not url:
        raise BackupError("Set BACKUP_URL to a folder or a bucket for backups, see docs/operations/backup.md.")
    parts = urlsplit(url)
    if parts.scheme in {"", "file"}:
        folder = Path(unquote(parts.path) if parts.scheme else url)
        if not folder.is_absolute():
            raise BackupError("Set BACKUP_URL to an absolute path, such as /srv/backups, or to an s3:// URL.")
        return FolderTarget(folder)
    try:
        options = parse_bucket_url(url)
    except ValueError as error:
        raise BackupError(f"Set BACKUP_URL to a path or {error}") from error
    # By name, because boto3 takes 25 MB of memory, which only sites with a bucket should pay for.
    storage = StorageHandler({}).create_storage(
        {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**options, "max_memory_size": _SPOOL_BYTES}}
    )
    return S3Target(storage)
