"""Pages as they were made for the reader before, for as long as they are true.

A page is kept with the stamps of `caching.models` that held before it was made, and shown only while they still hold,
so nothing has to be purged: a change anywhere makes all pages old, one that shows at one address alone only that one.
What changes with time is known beforehand: no page outlives the next text that goes live by itself, or its day.
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

from pagecache.invalidation import is_unsettled
from pagecache.models import LONGEST_PATH, Stamp

# Functions that return when a page built at the given time expires, or None; apps add theirs in `AppConfig.ready`.
_expiry_sources: list[Callable[[datetime], datetime | None]] = []
# What follows from many readers' doings, such as popular posts, is at most this old.
LONGEST = timedelta(minutes=10)
_QUERY = re.compile(r"(?:page=\d{1,6})?")
_GZIP = re.compile(r"\bgzip\b")  # as Django's GZipMiddleware asks
_KEPT_OUT = ("no-store", "no-cache", "private")
# Clicks on paid links are counted, so none is ever kept.
_NEVER = "/go/"


def register_expiry(source: Callable[[datetime], datetime | None]) -> None:
    """Let `source` end the life of cached pages at a time known in advance, such as the next scheduled post."""
    _expiry_sources.append(source)


class PageCache:
    """Middleware. Stands outside of compression, so that kept pages are compressed once."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        if settings.DEBUG:
            raise MiddlewareNotUsed("Templates change while one works on them.")
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        if not _is_for_everybody(request):
            return self.get_response(request)
        request.get_host()  # refuses, as every other page does, what is not our name
        encoding = "gzip" if _GZIP.search(request.headers.get("Accept-Encoding", "")) else "plain"
        key = f"page-{encoding}-{sha256(request.get_full_path().encode()).hexdigest()}"
        stamp, began = Stamp.objects.at(request.path), timezone.now()
        kept: tuple[str, HttpResponse] | None = cache.get(key)
        if kept and kept[0] == stamp:
            response = kept[1]
            response["Cache-Status"] = "pages; hit"
            return get_conditional_response(request, response.get("ETag"), response=response)
        response = self.get_response(request)
        if request.method == "GET" and _may_be_kept(response):
            cache.set(key, (stamp, response), (_end(began) - timezone.now()).total_seconds())
        return response


def _is_for_everybody(request: HttpRequest) -> bool:
    """Whether anybody who asked like this would be shown the same page."""
    return (
        request.method in {"GET", "HEAD"}
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and bool(_QUERY.fullmatch(request.META.get("QUERY_STRING", "")))
        and len(request.path) <= LONGEST_PATH
        and not request.path.startswith(_NEVER)
        and "\x00" not in request.path  # which PostgreSQL cannot even be asked for
        and not is_unsettled(DEFAULT_DB_ALIAS)
    )


def _may_be_kept(response: Any) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and response.get("Content-Type", "").startswith("text/html")
        and not any(word in response.get("Cache-Control", "") for word in _KEPT_OUT)
    )


def _end(began: datetime) -> datetime:
    """Until when a page is true that was begun at `began`, if nobody changes anything. It may have passed by now."""
    tomorrow = timezone.localtime(began).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    upcoming = [source(began) for source in _expiry_sources]
    return min(began + LONGEST, tomorrow, *(moment for moment in upcoming if moment))
