"""Storage of uploads that never shows an incomplete file, and the deletion of images from it."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage

_PART = ".part"
# Longer than any upload takes, in seconds.
_PART_MAX_AGE = 24 * 3600


class WholeFileStorage(FileSystemStorage):
    """Write to a temporary name and link it when complete, so that a killed process leaves no partial file."""

    def _save(self, name: str, content: File) -> str:
        part = f"{name}.{uuid4().hex}{_PART}"
        try:
            # The name is new, so it is not changed.
            super()._save(part, content)  # type: ignore[misc]
            while True:
                try:
                    os.link(self.path(part), self.path(name))
                except FileExistsError:
                    # Another process has used the name in the meantime.
                    name = self.get_available_name(name)
                else:
                    return name
        finally:
            # On a full disk there may be half a file.
            Path(self.path(part)).unlink(missing_ok=True)

    def names_before(self, folder: str, moment: datetime) -> Iterator[str]:
        """Yield the names of the files in `folder` that were stored before `moment`."""
        with suppress(FileNotFoundError):
            for name in self.listdir(folder)[1]:
                with suppress(FileNotFoundError):
                    if self.get_modified_time(f"{folder}/{name}") < moment:
                        yield f"{folder}/{name}"


def delete_abandoned_parts() -> int:
    """Delete the temporary files of processes that were killed while they stored an upload. Return 0.

    A bucket has none: an object appears in it only when its upload is complete.
    """
    if settings.STORAGE_URL:
        return 0
    oldest = time.time() - _PART_MAX_AGE
    for folder, _, names in os.walk(default_storage.path("")):
        for path in (Path(folder, name) for name in names if name.endswith(_PART)):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
    return 0


def delete_with_renditions(file: Any) -> None:
    """Delete a stored file and every rendition of it, given as the value of an `Image.file`."""
    folder, stem = file._process_base(file.name)
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        names = []
    for name in names:
        if re.fullmatch(rf"{re.escape(stem)}[0-9a-f]{{12}}\.\w+", name):
            default_storage.delete(f"{folder}/{name}")
    default_storage.delete(file.name)
