"""Turn CACHE_URL into Django's settings."""

from typing import Any


def caches(url: str) -> dict[str, dict[str, Any]]:
    """Return Django's CACHES: the server at `url`, or the memory of each process.

    The cache server makes pages faster, and nothing else depends on it. Without its answer the cache is empty.
    """
    if not url:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    options = {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5}
    return {"default": {"BACKEND": "pagecache.cache_server.PausingRedisCache", "LOCATION": url, "OPTIONS": options}}
