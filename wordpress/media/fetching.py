"""Download files from the old site, if the author allows it: from public hosts only, slowly, and within limits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit

from http_client.client import FetchError, download
from wordpress.media.paths import MediaUrl
from wordpress.media.sources import MediaSourceError

MAX_FILE_BYTES = 500 * 1024**2
MAX_TOTAL_BYTES = 20 * 1024**3
MAX_FILES = 50_000
MAX_SECONDS_PER_FILE = 120.0
MAX_REDIRECTS = 3
ATTEMPTS = 3
# Seconds between two requests to a host, so that the old site does not notice the move.
PAUSE = 0.25
MAX_PAUSE = 60.0
# A host that fails so often in a row is not asked again in this run.
MAX_FAILURES = 20
_SPOOL_BYTES = 4 * 1024 * 1024
_TRY_AGAIN = {429, 500, 502, 503, 504}


@dataclass
class Fetcher:
    """Download files. One object counts the requests of one run."""

    pause: float = PAUSE
    max_files: int = MAX_FILES
    max_total_bytes: int = MAX_TOTAL_BYTES
    max_file_bytes: int = MAX_FILE_BYTES
    files: int = 0
    total_bytes: int = 0
    _last_request: dict[str, float] = field(default_factory=dict)
    _failures: dict[str, int] = field(default_factory=dict)

    def candidates(self, place: MediaUrl) -> Iterator[tuple[str, str, Any]]:
        """Yield how to open the file at its URL."""
        yield place.name, "", partial(self.open, place.url)

    @contextmanager
    def open(self, url: str) -> Iterator[IO[bytes]]:
        """Download a file and open it. Raise MediaSourceError with the reason if that fails."""
        host = urlsplit(url).netloc
        if self.files >= self.max_files or self.total_bytes >= self.max_total_bytes:
            raise MediaSourceError("The limit of downloads was reached. Import again to continue.")
        if self._failures.get(host, 0) >= MAX_FAILURES:
            raise MediaSourceError(f"{host} did not answer {MAX_FAILURES} times in a row, so it was not asked again.")
        with SpooledTemporaryFile(max_size=_SPOOL_BYTES) as file:
            self._download(url, host, file)
            self.files += 1
            self.total_bytes += file.tell()
            file.seek(0)
            yield file

    def _download(self, url: str, host: str, file: IO[bytes]) -> None:
        reason = ""
        for attempt in range(1, ATTEMPTS + 1):
            self._wait(host)
            file.seek(0)
            file.truncate()
            try:
                response = download(
                    url,
                    file,
                    max_bytes=min(self.max_file_bytes, self.max_total_bytes - self.total_bytes),
                    max_seconds=MAX_SECONDS_PER_FILE,
                    max_redirects=MAX_REDIRECTS,
                )
            except FetchError as error:
                reason = str(error)
                self._failures[host] = self._failures.get(host, 0) + 1
                if "public IP" in reason or "larger than" in reason:
                    break
            else:
                self._failures[host] = 0
                if response.status == HTTPStatus.OK:
                    return
                reason = f"The old site answered with status {response.status}."
                if response.status not in _TRY_AGAIN:
                    break
                self._slow_down(host, response.headers.get("Retry-After", ""), attempt)
        raise MediaSourceError(reason)

    def _wait(self, host: str) -> None:
        delay = self._last_request.get(host, 0.0) + self.pause - time.monotonic()
        if delay > 0:
            time.sleep(delay)
        self._last_request[host] = time.monotonic()

    def _slow_down(self, host: str, retry_after: str, attempt: int) -> None:
        asked = float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else self.pause * 2**attempt
        self._last_request[host] = time.monotonic() + min(asked, MAX_PAUSE) - self.pause
