"""Serve cached pages before Django handles the request, which costs more than all the rest of a cached page."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest

from operations.request_ids import REQUEST_ID_HEADER, choose_request_id
from pagecache.answers import Answer, create_answer
from pagecache.keys import cache_key
from pagecache.storage import page_store
from pagecache.versions import VERSIONS_KEY, read_versions_first


class PageCacheApplication:
    """A WSGI application that passes on every request for which it has no page.

    No signal of a request is sent for those it serves, and no middleware runs.
    """

    def __init__(self, application: WSGIApplication) -> None:
        """Pass requests on to `application`."""
        self.application = application
        # As the middleware, which stores the pages.
        self.is_enabled = not settings.DEBUG and bool(settings.PAGE_CACHE_BYTES)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond with the page, or as Django does."""
        # The server sends the body of this application, and a HEAD request must have none.
        answer = self._find(environ) if self.is_enabled and environ["REQUEST_METHOD"] == "GET" else None
        if answer is None:
            return self.application(environ, start_response)
        start_response(f"{answer.status.value} {answer.status.phrase}", [*answer.headers.items()])
        return [answer.body]

    def _find(self, environ: dict[str, Any]) -> Answer | None:
        # A request decodes the path in its environment, which another request could not decode again.
        request = WSGIRequest(environ.copy())
        key = cache_key(request)
        versions = read_versions_first(request.path) if key else None
        if key is None or versions is None:
            return None
        page = page_store.get(key, versions)
        if page is None:
            environ[VERSIONS_KEY] = versions
            return None
        answer = create_answer(request, key, page, is_hit=True)
        answer.headers[REQUEST_ID_HEADER] = choose_request_id(environ)
        return answer
