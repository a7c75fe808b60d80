"""Where the files of an import come from: a copy of the uploads folder, or a ZIP archive of it.

Files are found by their path below the uploads folder, whatever is above it. Nothing is unpacked to the disk by its
name in the archive, and archives that would unpack to far more than they are get refused.
"""

import os
import re
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol

from wordpress.media.paths import originals, size_of

MAX_ENTRIES = 500_000
MAX_FILE_BYTES = 2 * 1024**3
MAX_TOTAL_BYTES = 200 * 1024**3
# Photos, recordings and PDF files hardly compress. Texts and drawings compress well, but are small.
MAX_RATIO = 100
_SMALL = 20 * 1024 * 1024
_SPOOL_BYTES = 4 * 1024 * 1024
_BLOCK_BYTES = 1 << 20
_UPLOADS = re.compile(r"(?:^|.*/)uploads/(?:sites/\d+/)?", re.DOTALL)
_MONTH_FOLDER = re.compile(r"(?:^|/)(\d{4}/\d{2}/.+)\Z", re.DOTALL)


class MediaSourceError(Exception):
    """The files cannot be used. The message is written for the author."""


class MediaSource(Protocol):
    """A place with files."""

    index: "FileIndex"

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open a file of this source."""


class FileIndex:
    """Find the names of files by their path below the uploads folder, in the order of the most exact match."""

    def __init__(self, names: Iterable[str]) -> None:
        self._exact: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        self._by_file_name: defaultdict[str, set[str]] = defaultdict(set)
        self._sizes: dict[str, tuple[int, str]] = {}
        for name in names:
            path = path_below_uploads(name)
            self._exact.setdefault(path, name)
            folded = _fold(path)
            self._folded.setdefault(folded, name)
            self._by_file_name[folded.rpartition("/")[2]].add(name)
            if resized := size_of(path):
                key = _fold(resized[0])
                self._sizes[key] = max(self._sizes.get(key, (0, "")), (resized[1], name))

    def __len__(self) -> int:
        return len(self._exact)

    def find(self, path: str, *, by_name: bool = True) -> tuple[str, str]:
        """Return the name of the file for `path` and a note on what it is, or two empty texts.

        A file of another size stands for a missing original. With `by_name`, a file in another folder is found too if
        no other has its name.
        """
        candidates = list(originals(path))
        for candidate in candidates:
            if found := self._exact.get(candidate) or self._folded.get(_fold(candidate)):
                return found, ""
        if by_name:
            for candidate in candidates:
                named = self._by_file_name.get(_fold(candidate).rpartition("/")[2], set())
                if len(named) == 1:
                    return next(iter(named)), "found in another folder"
        for candidate in candidates:
            if resized := self._sizes.get(_fold(candidate)):
                return resized[1], "the largest size there is, because the original is missing"
        return "", ""


def path_below_uploads(name: str) -> str:
    """Return the path of a file below the uploads folder, wherever in the site's folders the copy starts."""
    if _UPLOADS.match(name):
        return _UPLOADS.sub("", name, count=1)
    month = _MONTH_FOLDER.search(name)
    return month[1] if month else name


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


class FolderSource:
    """The files in a folder, without following links out of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.index = FileIndex(self._names())

    def _names(self) -> Iterator[str]:
        for parent, folders, names in os.walk(self._folder):
            folders.sort()
            for name in sorted(names):
                path = Path(parent, name)
                if not name.startswith(".") and not path.is_symlink():
                    yield path.relative_to(self._folder).as_posix()

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file of the folder."""
        with (self._folder / name).open("rb") as stream:
            yield stream


class ZipSource:
    """The files in a ZIP archive. They are unpacked one by one, to memory or to a temporary file."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise MediaSourceError(f"{path.name} is damaged or cut off. Download it again.") from error
        self._entries = self._checked_entries(path)
        self.index = FileIndex(self._entries)

    def _checked_entries(self, path: Path) -> dict[str, zipfile.ZipInfo]:
        infos = self._archive.infolist()
        if len(infos) > MAX_ENTRIES:
            raise MediaSourceError(f"{path.name} has more than {MAX_ENTRIES:,} files. Split it into smaller archives.")
        unpacked = sum(info.file_size for info in infos)
        if unpacked > MAX_TOTAL_BYTES or (unpacked > _SMALL and unpacked > MAX_RATIO * path.stat().st_size):
            raise MediaSourceError(
                f"{path.name} would unpack to {unpacked // 1024**2:,} MB, which no archive of images does."
                " Create the archive again from your uploads folder."
            )
        entries = {}
        for info in infos:
            if _is_safe_entry(info):
                entries[info.filename] = info
        return entries

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Unpack an entry and open it. Raise MediaSourceError if it is damaged, protected, or not what it claims."""
        info = self._entries[name]
        if info.file_size > MAX_FILE_BYTES:
            raise MediaSourceError(f"The file is larger than {MAX_FILE_BYTES // 1024**2:,} MB.")
        if info.file_size > _SMALL and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise MediaSourceError("The file is compressed so much that it cannot be an image or a document.")
        with SpooledTemporaryFile(max_size=_SPOOL_BYTES) as unpacked:
            try:
                with self._archive.open(info) as packed:
                    while block := packed.read(_BLOCK_BYTES):
                        unpacked.write(block)
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise MediaSourceError("The file is damaged in the archive.") from error
            except (RuntimeError, NotImplementedError) as error:
                raise MediaSourceError("The file has a password or an unsupported compression method.") from error
            unpacked.seek(0)
            yield unpacked


def _is_safe_entry(info: zipfile.ZipInfo) -> bool:
    name = info.orig_filename
    parts = re.split(r"[/\\]", name)
    is_path = not name.startswith(("/", "\\")) and "\x00" not in name and ".." not in parts and ":" not in parts[0]
    is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    is_link = (info.external_attr >> 16) & 0o170000 == 0o120000
    return is_path and not info.is_dir() and not is_hidden and not is_link


def open_source(path: Path) -> MediaSource:
    """Return the source at `path`: a folder or a ZIP archive. Raise MediaSourceError if it is neither."""
    if path.is_dir():
        return FolderSource(path)
    if not path.is_file():
        raise MediaSourceError(f"There is no file or folder at {path}.")
    if not zipfile.is_zipfile(path):
        raise MediaSourceError(
            f"{path.name} is not a ZIP archive. Use the uploads folder of WordPress, or a ZIP of it."
        )
    return ZipSource(path)
