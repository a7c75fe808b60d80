"""The uploads in a backup: read from and written to a folder or a bucket."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage

from backups.errors import BackupError
from object_storage.errors import StorageUnavailableError

NAME = "media"

# Opens a member of an archive for reading.
type Opener = Callable[[], AbstractContextManager[IO[bytes] | File[bytes]]]


def work_folder() -> Path:
    """Return the folder for temporary data. It is beside a folder of uploads, so that they can be renamed."""
    folder = Path(settings.DATA_DIR) if settings.STORAGE_URL else _folder().parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def members() -> Iterator[tuple[str, Opener]]:
    """Yield the names of the uploads in an archive, and what opens them."""
    if settings.STORAGE_URL:
        storage: Any = default_storage
        for name in storage.all_names():
            yield f"{NAME}/{name}", _object_opener(name)
        return
    root = _folder()
    for folder, folders, names in root.walk():
        folders.sort()
        for name in sorted(names):
            path = folder / name
            # A part is an upload in progress. Nothing of the site creates links.
            if not path.is_symlink() and path.suffix != ".part":
                yield f"{NAME}/{path.relative_to(root).as_posix()}", file_opener(path)


def file_opener(path: Path) -> Opener:
    """Return what opens the file at `path`."""
    return lambda: path.open("rb")


def _object_opener(name: str) -> Opener:
    return lambda: default_storage.open(name)


@contextmanager
def replaced(restored: Path, previous: Path) -> Iterator[None]:
    """Replace the uploads by the files in the folder `restored`.

    A folder is moved to `previous`, and moved back if the block raises. The objects of a bucket stay, and those of the
    backup are stored again: names contain a hash of the content, so neither disturbs the other.
    """
    if settings.STORAGE_URL:
        _upload(restored)
        yield
        return
    folder = _folder()
    has_uploads = folder.exists()
    try:
        if has_uploads:
            folder.rename(previous)
        restored.rename(folder)
        yield
    except BaseException:
        if previous.exists() or not has_uploads:
            _put_back(folder, restored, previous)
        raise


def _upload(restored: Path) -> None:
    storage: Any = default_storage
    try:
        for path in sorted(path for path in restored.rglob("*") if path.is_file()):
            with path.open("rb") as file:
                storage.replace(path.relative_to(restored).as_posix(), File(file))
    except StorageUnavailableError as error:
        raise BackupError(f"The uploads could not be stored. {error}") from error


def _put_back(folder: Path, restored: Path, previous: Path) -> None:
    if folder.exists():
        folder.rename(restored)
    if previous.exists():
        previous.rename(folder)


def _folder() -> Path:
    return Path(default_storage.path(""))
