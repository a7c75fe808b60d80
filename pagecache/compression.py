"""The content encodings of cached pages: which one a client accepts, and how to compress."""

import gzip
from collections.abc import Callable
from functools import lru_cache

import brotli
import zstandard

# In order of preference. The levels cost about as much CPU as rendering a list of links and come within a few percent
# of the best compression.
_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.compress(body, level=9),
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
# Stands for an uncompressed body.
IDENTITY = ""
# Headers of browsers are much shorter. The limit bounds the memory of the cached results.
_MAX_HEADER_LENGTH = 200


def choose_encoding(accept_encoding: str) -> str:
    """Return the preferred encoding that an Accept-Encoding header allows, or IDENTITY.

    Follows RFC 9110, section 12.5.3: `q=0` excludes an encoding, and `*` stands for those not named.
    """
    if len(accept_encoding) > _MAX_HEADER_LENGTH:
        return IDENTITY
    return _choose(accept_encoding)


def compress(body: bytes, encoding: str) -> bytes:
    """Return `body` in `encoding`."""
    return _COMPRESSORS[encoding](body) if encoding else body


@lru_cache(maxsize=256)
def _choose(accept_encoding: str) -> str:
    accepted: dict[str, bool] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        accepted[name.strip()] = _quality(parameters) > 0
    others = accepted.get("*", False)
    return next((name for name in _COMPRESSORS if accepted.get(name, others)), IDENTITY)


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1
    except ValueError:
        return 0
