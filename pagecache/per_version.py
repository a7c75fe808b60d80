"""Values that are computed once per version of the site and kept in the memory of the process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cachetools import LRUCache
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest
from django.utils import timezone

from pagecache.expiry import expires_at, schedule
from pagecache.invalidation import has_uncommitted_writes
from pagecache.versions import versions_of


@dataclass(frozen=True)
class _Stored:
    version: str
    expires_at: datetime
    value: Any


# Enough for a few small values for each post that is in demand.
_MAX_VALUES = 4096
_stored: LRUCache[str, _Stored] = LRUCache(_MAX_VALUES)
_lock = threading.Lock()


def once_per_version[T](request: HttpRequest, name: str, compute: Callable[[], T]) -> T:
    """Return what `compute` returned for `name` since the site last changed.

    All requests share the value, so it must not depend on one and must not be changed. In development, where templates
    change without a write, it is always computed.
    """
    if settings.DEBUG or has_uncommitted_writes(DEFAULT_DB_ALIAS):
        return compute()
    version, now = versions_of(request).site, timezone.now()
    with _lock:
        stored = _stored.get(name)
    if stored is None or stored.version != version or stored.expires_at <= now:
        expires = expires_at(now, version)
        stored = _Stored(version, expires, compute())
        with _lock:
            _stored[name] = stored
    value: T = stored.value
    return value


def clear() -> None:
    """Forget all values."""
    with _lock:
        _stored.clear()
    schedule.clear()
