"""Page views that are not counted yet, as lines in files.

Each process appends every view to a separate file with one system call, so nothing is lost when a process is killed;
a power failure or a lost disk takes the last seconds with it. A file is used for SLOT_SECONDS. `analytics.counting`
counts finished files and deletes them.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

log = logging.getLogger(__name__)

SLOT_SECONDS = 10
# Of one file. Beyond it, views are dropped: nobody counts them, or someone floods the site.
MAX_BYTES = 50 * 1024 * 1024
# A file of a process that writes more slowly than this is not read too early.
GRACE_SECONDS = 3
# A worker counts files much sooner.
NEGLECTED_SECONDS = 90
SUFFIX = ".jsonl"


class _Writer:
    """The file that this process appends to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slot = -1
        self._folder: Path | None = None
        self._file = -1

    def write(self, folder: Path, line: bytes) -> bool:
        """Append a line to the file of the current slot. Return whether the file is new."""
        slot = int(time.time()) // SLOT_SECONDS
        with self._lock:
            is_new = (slot, folder) != (self._slot, self._folder)
            if is_new:
                self._close()
                self._open(folder, slot)
            if os.lseek(self._file, 0, os.SEEK_END) < MAX_BYTES:
                os.write(self._file, line)
        return is_new

    def close(self) -> None:
        """Close the file, so that the next line begins another one."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._slot = -1, -1

    def _open(self, folder: Path, slot: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = folder / f"{slot}-{uuid4().hex}{SUFFIX}"
        self._file = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._slot, self._folder = slot, folder


_writer = _Writer()
os.register_at_fork(after_in_child=_writer.__init__)  # type: ignore[misc]


def close() -> None:
    """Close the file of this process. For tests, which read it before its slot has ended."""
    _writer.close()


def append(record: list[Any]) -> bool:
    """Store a record. Return whether it is the first of its file. A full disk loses it, and the page goes on."""
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"
    try:
        return _writer.write(settings.PAGE_VIEW_DIR, line)
    except OSError:
        log.exception("A page view was not stored")
        return False


def finished_files(*, include_current: bool = False) -> list[Path]:
    """Return the files that no process appends to anymore, oldest first."""
    newest = (time.time() - GRACE_SECONDS) // SLOT_SECONDS
    files = sorted(settings.PAGE_VIEW_DIR.glob(f"*{SUFFIX}"))
    return [file for file in files if include_current or _slot_of(file) < newest]


def has_neglected_files() -> bool:
    """Return whether there are files that a worker on this machine would have counted."""
    oldest = next(iter(finished_files()), None)
    return oldest is not None and _slot_of(oldest) * SLOT_SECONDS < time.time() - NEGLECTED_SECONDS


def _slot_of(file: Path) -> int:
    return int(file.name.partition("-")[0])


def read(file: Path) -> Iterator[list[Any]]:
    """Yield the records of a file, without lines that a full disk cut off."""
    with file.open("rb") as lines:
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, list):
                yield record
