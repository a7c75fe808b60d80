"""Store public pages, and serve them while they are current.

Each cached page is stored with the version that `CacheVersion` had before the page was built, and served only while
that version still holds, so nothing has to be purged. Changes that depend on time are known in advance: a page
expires at midnight, at the next scheduled publication and after MAX_AGE at the latest.

Most pages are served before Django creates a request, by `pagecache.wsgi`. The middleware serves the rest, such as
HEAD requests.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from pagecache.answers import create_answer
from pagecache.compression import GZipMiddleware, compress
from pagecache.expiry import expires_at
from pagecache.invalidation import has_uncommitted_writes
from pagecache.keys import cache_key, is_tracking, parse_query
from pagecache.responses import allowed_parameters, depends_on_texts
from pagecache.storage import CachedPage, page_store
from pagecache.versions import Versions, versions_of

_UNCACHEABLE_DIRECTIVES = ("no-store", "no-cache", "private")
_CONTENT_TYPES = ("text/html", "application/xml", "application/rss+xml", "application/atom+xml", "text/plain")
# Set again for each response, or describe the connection rather than the page.
_OWN_HEADERS = {"Content-Length", "ETag", "Cache-Control"}
# What a client accepts and already has decides how a page is sent, not what it shows.
_CLIENT_HEADERS = {"HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"}
# How long a request waits for another one that renders the same page, in seconds.
_MAX_WAIT = 10
# Requests for different pages rarely share a lock, and their number is bounded.
_render_locks = [threading.Lock() for _ in range(64)]


class PageCacheMiddleware:
    """Serve and store public pages. Placed first, so that cached pages pass through nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        """Disable the cache in development, where templates change without a write."""
        if settings.DEBUG or not settings.PAGE_CACHE_BYTES:
            raise MiddlewareNotUsed("The page cache is off.")
        self.get_response = get_response
        self._gzip = GZipMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> Any:
        """Serve the response from the cache if possible, and store it otherwise."""
        key = cache_key(request)
        if key is None:
            return self.get_response(request)
        page = page_store.get(key, versions_of(request))
        if page is not None:
            return _respond(request, key, page, is_hit=True)
        with _rendering(key) as has_waited:
            page = page_store.get(key, versions_of(request, is_fresh=True)) if has_waited else None
            return _respond(request, key, page, is_hit=True) if page else self._render(request, key)

    def _render(self, request: HttpRequest, key: str) -> Any:
        """Render the page and store it if it is the same for every visitor."""
        versions, started_at = versions_of(request), timezone.now()
        with _whole_page_requested(request):
            response = self.get_response(request)
        if not _is_cacheable_response(request, response):
            accepts_encoding = "HTTP_ACCEPT_ENCODING" in request.META
            return self._gzip.process_response(request, response) if accepts_encoding else response
        page = _create_page(response, versions, expires_at(started_at, versions.site).timestamp())
        page_store.set(key, page)
        return _respond(request, key, page, is_hit=False)


@contextmanager
def _whole_page_requested(request: HttpRequest) -> Iterator[None]:
    """Ask the view for the whole page, neither compressed nor compared with what the client has."""
    method, meta = request.method, request.META
    request.method = "GET"
    request.META = {name: value for name, value in meta.items() if name not in _CLIENT_HEADERS}
    try:
        yield
    finally:
        request.method, request.META = method, meta
        request.__dict__.pop("headers", None)  # cached from the other META


@contextmanager
def _rendering(key: str) -> Iterator[bool]:
    """Let one thread at a time render the page `key`. Yield whether another thread was rendering it before."""
    lock = _render_locks[hash(key) % len(_render_locks)]
    has_waited = not lock.acquire(blocking=False)
    is_locked = lock.acquire(timeout=_MAX_WAIT) if has_waited else True
    try:
        yield has_waited
    finally:
        if is_locked:
            lock.release()


def _is_cacheable_response(request: HttpRequest, response: Any) -> bool:
    names = {name for name, _ in parse_query(request.META.get("QUERY_STRING", "")) if not is_tracking(name)}
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and response.get("Content-Type", "").startswith(_CONTENT_TYPES)
        and names <= allowed_parameters(response)
        and not any(directive in response.get("Cache-Control", "") for directive in _UNCACHEABLE_DIRECTIVES)
        and not has_uncommitted_writes(DEFAULT_DB_ALIAS)
    )


def _create_page(response: HttpResponse, versions: Versions, expires: float) -> CachedPage:
    patch_vary_headers(response, ("Accept-Encoding",))
    headers = {name: value for name, value in response.items() if name not in _OWN_HEADERS}
    is_of_texts = depends_on_texts(response)
    return CachedPage(
        version=versions.texts if is_of_texts else versions.page,
        depends_on_texts=is_of_texts,
        expires_at=expires,
        headers=headers | {"Cache-Control": settings.PAGE_CACHE_CONTROL},
        etag=sha256(response.content).hexdigest()[:32],
        bodies={"zstd": compress(response.content, "zstd")},
    )


def _respond(request: HttpRequest, key: str, page: CachedPage, *, is_hit: bool) -> HttpResponse:
    answer = create_answer(request, key, page, is_hit=is_hit)
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return HttpResponseNotModified(headers=answer.headers)
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)
