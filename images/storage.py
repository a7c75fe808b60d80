"""Storage of uploads that never shows an incomplete file."""

import os
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    """Write to a temporary name and link it when complete, so that a killed process leaves no partial file."""

    def _save(self, name: str, content: File) -> str:
        part: str = super()._save(f"{name}.{uuid4().hex}.part", content)  # type: ignore[misc]
        try:
            while True:
                try:
                    os.link(self.path(part), self.path(name))
                except FileExistsError:
                    # Another process has taken the name since.
                    name = self.get_available_name(name)
                else:
                    return name
        finally:
            os.unlink(self.path(part))
