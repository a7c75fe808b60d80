"""Serve public pages from the cache while they are current.

Each cached page is stored with the version that `CacheVersion` had before the page was built, and served only while
that version still holds, so nothing has to be purged. Changes that depend on time are known in advance: a page
expires at midnight, at the next scheduled publication and after MAX_AGE at the latest.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response

from pagecache.invalidation import has_uncommitted_writes
from pagecache.models import MAX_PATH_LENGTH, CacheVersion

# Functions that return when a page built at the given time expires, or None; apps add theirs in `AppConfig.ready`.
_expiry_sources: list[Callable[[datetime], datetime | None]] = []
# Limits how stale derived figures such as popular posts can get.
MAX_AGE = timedelta(minutes=10)
_CACHEABLE_QUERY = re.compile(r"(?:page=\d{1,6})?")
_GZIP = re.compile(r"\bgzip\b")  # the same test as Django's GZipMiddleware
_UNCACHEABLE_DIRECTIVES = ("no-store", "no-cache", "private")
# Each click on an affiliate link is counted, so it must reach the view.
_UNCACHEABLE_PREFIX = "/go/"


def register_expiry(source: Callable[[datetime], datetime | None]) -> None:
    """Let `source` end the life of cached pages at a time known in advance, such as the next scheduled post."""
    _expiry_sources.append(source)


class PageCacheMiddleware:
    """Serve and store public pages. Placed outside GZipMiddleware, so cached pages are compressed once."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        """Disable the cache in development, where templates change without a write."""
        if settings.DEBUG:
            raise MiddlewareNotUsed("The page cache is off while DEBUG is on.")
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer from the cache if possible, and store the response otherwise."""
        if not _is_cacheable_request(request):
            return self.get_response(request)
        request.get_host()  # reject unknown hosts, as every view does
        key, version, started_at = _cache_key(request), CacheVersion.objects.current(request.path), timezone.now()
        cached: tuple[str, HttpResponse] | None = cache.get(key)
        if cached and cached[0] == version:
            response = cached[1]
            response["Cache-Status"] = "pages; hit"
            return get_conditional_response(request, response.get("ETag"), response=response)
        response = self.get_response(request)
        if request.method == "GET" and _is_cacheable_response(response):
            seconds = (_expires_at(started_at) - timezone.now()).total_seconds()
            cache.set(key, (version, response), seconds)
        return response


def _cache_key(request: HttpRequest) -> str:
    encoding = "gzip" if _GZIP.search(request.headers.get("Accept-Encoding", "")) else "plain"
    return f"page-{encoding}-{sha256(request.get_full_path().encode()).hexdigest()}"


def _is_cacheable_request(request: HttpRequest) -> bool:
    """Return whether every visitor gets the same response to this request."""
    return (
        request.method in {"GET", "HEAD"}
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and bool(_CACHEABLE_QUERY.fullmatch(request.META.get("QUERY_STRING", "")))
        and len(request.path) <= MAX_PATH_LENGTH
        and not request.path.startswith(_UNCACHEABLE_PREFIX)
        and "\x00" not in request.path  # PostgreSQL rejects NUL in a parameter
        and not has_uncommitted_writes(DEFAULT_DB_ALIAS)
    )


def _is_cacheable_response(response: Any) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and response.get("Content-Type", "").startswith("text/html")
        and not any(directive in response.get("Cache-Control", "") for directive in _UNCACHEABLE_DIRECTIVES)
    )


def _expires_at(started_at: datetime) -> datetime:
    """Return when a page whose rendering began at `started_at` expires. This may already be in the past."""
    midnight = timezone.localtime(started_at).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    moments = [source(started_at) for source in _expiry_sources]
    return min(started_at + MAX_AGE, midnight, *(moment for moment in moments if moment))
