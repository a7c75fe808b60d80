"""The folder of uploads: a file is there whole, or not at all."""

import os
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    """Writes beside the final name and links it when done: a killed process leaves no half picture to be served."""

    def _save(self, name: str, content: File) -> str:
        part: str = super()._save(f"{name}.{uuid4().hex}.part", content)  # type: ignore[misc]
        try:
            while True:
                try:
                    os.link(self.path(part), self.path(name))
                except FileExistsError:
                    # Taken meanwhile by another process.
                    name = self.get_available_name(name)
                else:
                    return name
        finally:
            os.unlink(self.path(part))
