"""Storage of uploads that never shows an incomplete file, and the deletion of images from it."""

import os
import re
from typing import Any
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage


class WholeFileStorage(FileSystemStorage):
    """Write to a temporary name and link it when complete, so that a killed process leaves no partial file."""

    def _save(self, name: str, content: File) -> str:
        part: str = super()._save(f"{name}.{uuid4().hex}.part", content)  # type: ignore[misc]
        try:
            while True:
                try:
                    os.link(self.path(part), self.path(name))
                except FileExistsError:
                    # Another process has used the name in the meantime.
                    name = self.get_available_name(name)
                else:
                    return name
        finally:
            os.unlink(self.path(part))


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
