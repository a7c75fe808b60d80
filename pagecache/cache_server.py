"""The cache server, left alone for a while after it failed to answer."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django_redis.cache import RedisCache
from django_redis.exceptions import ConnectionInterrupted

log = logging.getLogger(__name__)

# How long the server is left alone, in seconds. A frozen server delays a page by its timeout once in this time.
_PAUSE = 5.0
# When it may be asked again, by the clock of time.monotonic(). One for the process: each thread has its own cache.
_pause = {"until": 0.0}


class PausingRedisCache(RedisCache):  # type: ignore[misc]
    """A Redis cache that is empty while the server does not answer, without waiting for it each time."""

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return the value of `key`, or `default`."""
        return self._ask(lambda: self.client.get(key, default, version), default)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store `value` as `key` for `timeout` seconds (float), and return whether that succeeded."""
        return bool(self._ask(lambda: self.client.set(key, value, timeout, version), False))

    @staticmethod
    def _ask(request: Callable[[], Any], fallback: Any) -> Any:
        if time.monotonic() < _pause["until"]:
            return fallback
        try:
            return request()
        except ConnectionInterrupted as failure:
            _pause["until"] = time.monotonic() + _PAUSE
            log.warning("The cache server does not answer and is not asked for %s s: %s", _PAUSE, failure)
            return fallback
