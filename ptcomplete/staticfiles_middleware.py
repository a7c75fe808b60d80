"""Serve collected static files in the encoding that the client prefers."""

import re
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from pagecache.compression import IDENTITY, choose_encoding

# What collectstatic adds to names.
_HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z0-9]+$")
_EXTENSIONS = {"zstd": ".zst", "br": ".br", "gzip": ".gz"}


class EncodedStaticFile(StaticFile):
    """A static file with compressed copies. The smallest that the client accepts is served."""

    def get_headers(self, headers_list: list[tuple[str, str]], files: dict[str | None, Any]) -> Headers:
        """Return the headers of all encodings. They share the ETag, so it is weak."""
        headers: Headers = super().get_headers(headers_list, files)
        headers["ETag"] = f"W/{headers['ETag']}"
        return headers

    @staticmethod
    def get_alternatives(base_headers: Headers, files: dict[str | None, Any]) -> dict[str, tuple[str, Any]]:
        """Return path and headers by encoding, smallest file first."""
        alternatives = {}
        for encoding, entry in sorted(files.items(), key=lambda file: file[1].size):
            headers = Headers(base_headers.items())
            headers["Content-Length"] = str(entry.size)
            if encoding:
                headers["Content-Encoding"] = encoding
            alternatives[encoding or IDENTITY] = (entry.path, headers.items())
        return alternatives

    def get_path_and_headers(self, request_headers: dict[str, str]) -> tuple[str, Any]:
        """Return the path and headers of the encoding to serve."""
        offered = tuple(encoding for encoding in self.alternatives if encoding != IDENTITY)
        accept_encoding = request_headers.get("HTTP_ACCEPT_ENCODING", "")
        path_and_headers: tuple[str, Any] = self.alternatives[choose_encoding(accept_encoding, offered)]
        return path_and_headers


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise with zstd in addition to Brotli and gzip, and with full Accept-Encoding rules.

    During an upgrade, pages from another machine or a new process name files that were collected after this process
    started. They are looked for on the disk.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve a static file, or pass the request on."""
        url = request.path_info
        if url not in self.files and url.startswith(self.static_prefix) and _HASHED.search(url):
            path = settings.STATIC_ROOT / url.removeprefix(self.static_prefix)
            if self.url_is_canonical(url) and path.is_file() and not self.is_compressed_variant(str(path)):
                return self.serve(self.get_static_file(str(path), url), request)
        return super().__call__(request)

    @staticmethod
    def is_compressed_variant(path: str, stat_cache: dict[str, Any] | None = None) -> bool:
        """Return whether `path` is the compressed copy of another file, which has no URL."""
        if path.endswith(".zst"):
            path = f"{path.removesuffix('.zst')}.br"
        return bool(WhiteNoiseMiddleware.is_compressed_variant(path, stat_cache))

    def get_static_file(self, path: str, url: str, stat_cache: dict[str, Any] | None = None) -> EncodedStaticFile:
        """Return the file at `path` with its headers."""
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        encodings = {encoding: path + extension for encoding, extension in _EXTENSIONS.items()}
        return EncodedStaticFile(path, headers.items(), encodings, stat_cache)
