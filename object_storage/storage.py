"""Django's storage in a bucket.

Refer to it by name only: boto3 takes 25 MB of memory, which only sites with a bucket should pay for.
"""

import mimetypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation, SuspiciousOperation
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from object_storage.errors import StorageUnavailableError

# After a failed connection, nothing is asked for so many seconds, or every thread would soon wait for its timeout.
_PAUSE = 2.0
_TIMEOUTS = {"connect_timeout": 2, "read_timeout": 10, "retries": {"mode": "standard", "total_max_attempts": 2}}
# Larger files are on disk while they are read.
_SPOOL_BYTES = 8 * 1024 * 1024
# What browsers may show. They download anything else, since a bucket cannot send a policy that disarms it.
_SHOWN_TYPES = (
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "audio/",
    "video/",
    "application/pdf",
)
_connection_lock = threading.Lock()


class BucketStorage(S3Storage):
    """Files in a bucket, where an object is visible only when its upload is complete.

    Raises FileNotFoundError for a missing file, and StorageUnavailableError if the service does not work.
    """

    def __init__(self, **options: Any) -> None:
        """Connect at the first use."""
        style = {"addressing_style": options.pop("addressing_style", None)}
        config = Config(
            s3=style,
            signature_version=options.pop("signature_version", None),
            # Many services do not support the checksums that newer versions add.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            **_TIMEOUTS,
        )
        defaults = {
            "client_config": config,
            "file_overwrite": False,
            "max_memory_size": _SPOOL_BYTES,
            "transfer_config": TransferConfig(use_threads=False),
        }
        super().__init__(**defaults | options)
        self._shared_connection: Any = None
        self._paused_until = 0.0

    @property
    def connection(self) -> Any:
        """Return the connection that all threads share. One for each thread would take several megabytes."""
        with _connection_lock:
            if self._shared_connection is None:
                self._shared_connection = super().connection
        return self._shared_connection

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """Return the headers stored with a file. Its type follows from its name, not from what a browser claimed."""
        kind, encoding = mimetypes.guess_type(name)
        if kind is not None and encoding is None and kind.startswith(_SHOWN_TYPES):
            return {**self.object_parameters, "ContentType": kind}
        return {**self.object_parameters, "ContentType": self.default_content_type, "ContentDisposition": "attachment"}

    def exists(self, name: str) -> bool:
        """Return whether there is such a file."""
        with self._guarded():
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        """Return the size in bytes."""
        with self._guarded():
            return int(super().size(name))

    def delete(self, name: str) -> None:
        """Delete a file, if there is one."""
        with self._guarded():
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the names of folders and of files. A folder exists only as a part of names."""
        with self._guarded():
            folders, files = super().listdir(path)
            return folders, files

    def get_modified_time(self, name: str) -> datetime:
        """Return when the file was stored."""
        with self._guarded():
            changed_at: datetime = super().get_modified_time(name)
            return changed_at

    def all_names(self) -> Iterator[str]:
        """Yield the names of all files."""
        prefix = f"{self.location}/" if self.location else ""
        with self._guarded():
            for item in self.bucket.objects.filter(Prefix=prefix):
                yield item.key.removeprefix(prefix)

    def replace(self, name: str, content: File) -> None:
        """Store `content` under this name, also if there is such a file."""
        self._save(name, content)

    def names_before(self, folder: str, moment: datetime) -> Iterator[str]:
        """Yield the names of the files in `folder` that were stored before `moment`."""
        prefix = f"{self._normalize_name(folder)}/"
        with self._guarded():
            for item in self.bucket.objects.filter(Prefix=prefix):
                if item.last_modified < moment and "/" not in item.key.removeprefix(prefix):
                    yield f"{folder}/{item.key.removeprefix(prefix)}"

    def _open(self, name: str, mode: str = "rb") -> File:
        with self._guarded():
            file = super()._open(name, mode)
            file.open()  # downloads it, while errors are still ours
            return file

    def _save(self, name: str, content: File) -> str:
        with self._guarded():
            return str(super()._save(name, content))

    def _normalize_name(self, name: str) -> str:
        try:
            return str(super()._normalize_name(name))
        except SuspiciousOperation as error:
            raise SuspiciousFileOperation(str(error)) from error

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn the errors of boto3 into those of files, and fail at once for a while after the service has failed."""
        if time.monotonic() < self._paused_until:
            raise StorageUnavailableError("The storage of uploads did not respond a moment ago.")
        try:
            yield
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status == 404 and error.response.get("Error", {}).get("Code") != "NoSuchBucket":
                raise FileNotFoundError("There is no such file in the storage of uploads.") from error
            raise StorageUnavailableError(f"The storage of uploads refused a request: {error}") from error
        except BotoCoreError as error:
            self._paused_until = time.monotonic() + _PAUSE
            raise StorageUnavailableError(f"The storage of uploads does not respond: {type(error).__name__}") from error


class MediaStorage(BucketStorage):
    """Uploads. Visitors load them through the site, or from the host in MEDIA_URL."""

    def url(self, name: str, **options: Any) -> str:
        """Return the URL below MEDIA_URL."""
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name).lstrip("/"))

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """Add what the site itself sends: the content of a name never changes."""
        return super().get_object_parameters(name) | {"CacheControl": "public, max-age=31536000, immutable"}
