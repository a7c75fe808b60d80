"""Values and HTML that are computed once per version and kept in the memory of the process."""

import sys
import threading
from array import array
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cachetools import LRUCache
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from pagecache.expiry import expires_at, schedule
from pagecache.invalidation import has_uncommitted_writes
from pagecache.versions import versions_of

# About as much as the bodies of 300 posts, or the entries of 4,000 in lists.
_MAX_HTML_BYTES = 4 * 1024 * 1024
_MAX_VALUES = 256
# Half a million entries of lists.
_MAX_IDS_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class _Stored:
    version: str
    expires_at: datetime
    value: Any


def _size_of_html(stored: _Stored) -> int:
    # What Python needs for the entry comes on top of the text, whose characters take one, two or four bytes each.
    return sys.getsizeof(stored.value) + 400


class VersionCache:
    """Keeps the results of functions until the version they belong to changes. Safe to use from several threads.

    All requests share the results, so they must not depend on one and must not be changed. In development, where
    templates change without a write, nothing is kept.
    """

    def __init__(self, stored: LRUCache[Hashable, _Stored]) -> None:
        """Keep as much as `stored` can hold."""
        self._stored = stored
        self._lock = threading.Lock()

    def get(self, request: HttpRequest, key: Hashable, version: str, compute: Callable[[], Any]) -> Any:
        """Return what `compute` returned for `key` while `version` was current."""
        now = timezone.now()
        with self._lock:
            stored = self._stored.get(key)
        if stored is None or stored.version != version or stored.expires_at <= now:
            expires = expires_at(now, versions_of(request).site)
            stored = _Stored(version, expires, compute())
            with self._lock:
                self._stored.pop(key, None)
                if self._stored.getsizeof(stored) <= self._stored.maxsize:
                    self._stored[key] = stored
        return stored.value

    def clear(self) -> None:
        """Clear all results."""
        with self._lock:
            self._stored.clear()


def _size_of_ids(stored: _Stored) -> int:
    ids: array[int] = stored.value
    return len(ids) * ids.itemsize + 400


_values = VersionCache(LRUCache(_MAX_VALUES))
_html = VersionCache(LRUCache(_MAX_HTML_BYTES, getsizeof=_size_of_html))
_ids = VersionCache(LRUCache(_MAX_IDS_BYTES, getsizeof=_size_of_ids))


def once_per_version[T](request: HttpRequest, key: Hashable, compute: Callable[[], T], version: str = "") -> T:
    """Return the value that `compute` returned for `key` since the site, or the given `version`, last changed."""
    if not _is_enabled(request):
        return compute()
    value: T = _values.get(request, key, version or versions_of(request).site, compute)
    return value


def html_per_version(
    request: HttpRequest, key: Hashable, render: Callable[[], SafeString], version: str = ""
) -> SafeString:
    """Return the HTML that `render` returned for `key` since the site, or the given `version`, last changed."""
    if not _is_enabled(request):
        return render()
    html: SafeString = _html.get(request, key, version or versions_of(request).site, render)
    return html


def ids_per_version(request: HttpRequest, key: Hashable, compute: Callable[[], Iterable[int]]) -> "array[int]":
    """Return the primary keys that `compute` returned for `key` since the site last changed, in order."""
    if not _is_enabled(request):
        return array("q", compute())
    ids: array[int] = _ids.get(request, key, versions_of(request).site, lambda: array("q", compute()))
    return ids


def _is_enabled(request: HttpRequest) -> bool:
    # The preview of the Appearance page shows what is not saved.
    if getattr(request, "has_unsaved_look", False):
        return False
    return not settings.DEBUG and not has_uncommitted_writes(DEFAULT_DB_ALIAS)


def clear() -> None:
    """Clear all values."""
    _values.clear()
    _html.clear()
    _ids.clear()
    schedule.clear()
