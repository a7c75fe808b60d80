"""Where cached pages are kept: in the memory of this process, and in the cache server if one is configured."""

import threading
import time
from dataclasses import dataclass, fields, replace
from functools import cache as cached
from hashlib import sha256

import zstandard
from cachetools import LRUCache
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache

from operations.version import app_version
from pagecache.compression import IDENTITY, compress
from pagecache.versions import Versions

# What a page takes besides its bodies: headers, keys and objects.
_OVERHEAD = 2000
# Pages with a query, such as page 17 of a list, have their own share, so that they cannot displace all others.
_QUERY_SHARE = 0.25


@dataclass(frozen=True)
class CachedPage:
    """A public page that was rendered while `version` was current, one of the texts version if `depends_on_texts`.

    `bodies` holds the page in each content encoding that was asked for, and always in zstd, from which the others are
    made. `expires_at` is a Unix time in seconds.
    """

    version: str
    depends_on_texts: bool
    expires_at: float
    headers: dict[str, str]
    etag: str
    bodies: dict[str, bytes]

    @property
    def size(self) -> int:
        """The memory that the page takes, in bytes."""
        return _OVERHEAD + sum(map(len, self.bodies.values()))

    def is_current(self, versions: Versions) -> bool:
        """Return whether the page may be served while `versions` are current."""
        version = versions.texts if self.depends_on_texts else versions.page
        return self.version == version and time.time() < self.expires_at

    def body(self, encoding: str) -> bytes:
        """Return the body in `encoding`, without keeping a new one."""
        if encoding in self.bodies:
            return self.bodies[encoding]
        return compress(zstandard.decompress(self.bodies["zstd"]), encoding)


def _shared_key(key: str) -> str:
    return f"{_release()} {key}"


@cached
def _release() -> str:
    """Return a hash of the release. During an upgrade, machines must not get pages that name files of another one."""
    manifest = getattr(staticfiles_storage, "manifest_hash", "")
    parts = (app_version(), manifest, *(field.name for field in fields(CachedPage)))
    return sha256(" ".join(parts).encode()).hexdigest()[:16]


class PageStore:
    """Stores pages by key, each process up to PAGE_CACHE_BYTES. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        query_bytes = int(settings.PAGE_CACHE_BYTES * _QUERY_SHARE)
        self._pages = self._new_cache(settings.PAGE_CACHE_BYTES - query_bytes)
        self._pages_with_query = self._new_cache(query_bytes)

    def get(self, key: str, versions: Versions) -> CachedPage | None:
        """Return the page stored as `key` if it may be served while `versions` are current."""
        with self._lock:
            page = self._local(key).get(key)
        if page is not None and page.is_current(versions):
            return page
        if not settings.PAGE_CACHE_IS_SHARED:
            return None
        shared: CachedPage | None = cache.get(_shared_key(key))
        if shared is None or not shared.is_current(versions):
            return None
        self._keep(key, shared)
        return shared

    def set(self, key: str, page: CachedPage) -> None:
        """Store `page` as `key`."""
        self._keep(key, page)
        if settings.PAGE_CACHE_IS_SHARED:
            cache.set(_shared_key(key), page, max(0, page.expires_at - time.time()))

    def body(self, key: str, page: CachedPage, encoding: str) -> bytes:
        """Return the body of `page` in `encoding`, and keep it if it is compressed."""
        body = page.body(encoding)
        if encoding != IDENTITY and encoding not in page.bodies:
            self.set(key, replace(page, bodies=page.bodies | {encoding: body}))
        return body

    @property
    def size(self) -> int:
        """The memory that all pages take in this process, in bytes."""
        return int(self._pages.currsize + self._pages_with_query.currsize)

    def clear(self) -> None:
        """Remove the pages in the memory of this process."""
        with self._lock:
            self._pages.clear()
            self._pages_with_query.clear()

    def _local(self, key: str) -> LRUCache[str, CachedPage]:
        return self._pages_with_query if "?" in key else self._pages

    def _keep(self, key: str, page: CachedPage) -> None:
        with self._lock:
            pages = self._local(key)
            pages.pop(key, None)
            if page.size <= pages.maxsize:
                pages[key] = page

    @staticmethod
    def _new_cache(max_bytes: int) -> LRUCache[str, CachedPage]:
        return LRUCache(max_bytes, getsizeof=lambda page: page.size)


page_store = PageStore()
