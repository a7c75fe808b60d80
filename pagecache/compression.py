"""The content encodings of responses: which one a client accepts, and how to compress."""

import gzip
from collections.abc import Callable
from functools import lru_cache

import brotli
import zstandard
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.middleware import gzip as django_gzip
from django.utils.cache import patch_vary_headers

# In order of preference. The levels cost about as much CPU as rendering a list of links and come within a few percent
# of the best compression.
_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    # The library returns bytes in a buffer for the worst case, which pages in the cache would hold. The copy fits.
    "zstd": lambda body: bytes(memoryview(zstandard.compress(body, level=9))),
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
# Stands for an uncompressed body.
IDENTITY = ""
# Headers of browsers are much shorter. The limit bounds the memory of the cached results.
_MAX_HEADER_LENGTH = 200


def choose_encoding(accept_encoding: str, offered: tuple[str, ...] = tuple(_COMPRESSORS)) -> str:
    """Return the encoding of `offered` that an Accept-Encoding header prefers, or IDENTITY if it allows none.

    Follows RFC 9110, section 12.5.3: `q=0` excludes an encoding, and `*` stands for those not named. The first of
    `offered` wins among equals.
    """
    if len(accept_encoding) > _MAX_HEADER_LENGTH:
        return IDENTITY
    return _choose(accept_encoding, offered)


def compress(body: bytes, encoding: str) -> bytes:
    """Return `body` in `encoding`."""
    return _COMPRESSORS[encoding](body) if encoding else body


class GZipMiddleware(django_gzip.GZipMiddleware):
    """Compress responses that are not cached. Unlike Django's, respect `gzip;q=0` and leave files as they are.

    Uploads are compressed already, and compressing a file while sending it would drop its length and ranges.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress `response` if the client accepts gzip."""
        if isinstance(response, FileResponse):
            return response
        accept_encoding = request.META.get("HTTP_ACCEPT_ENCODING", "")
        if accept_encoding and choose_encoding(accept_encoding, ("gzip",)) == IDENTITY:
            patch_vary_headers(response, ("Accept-Encoding",))
            return response
        return super().process_response(request, response)


@lru_cache(maxsize=256)
def _choose(accept_encoding: str, offered: tuple[str, ...]) -> str:
    qualities: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        qualities[name.strip()] = _quality(parameters)
    others = qualities.get("*", 0)
    best = max(offered, key=lambda name: qualities.get(name, others), default=IDENTITY)
    is_accepted = qualities.get(best, others) > 0
    return best if is_accepted and qualities.get(best, others) >= qualities.get("identity", 0) else IDENTITY


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1
    except ValueError:
        return 0
