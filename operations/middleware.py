"""Middleware that needs neither a host name nor a database: the id of each request, and the sign of life."""

import re
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from operations.context import request_context

HEADER = "X-Request-ID"
LIVENESS_PATH = "/livez"
_VALID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class RequestIdMiddleware:
    """Give each request an id, for the log, the error page and the response. Placed first.

    A reverse proxy may have chosen it already. Without one, a client could choose it, and is not believed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header to the response."""
        sent = request.META.get("HTTP_X_REQUEST_ID", "") if settings.TRUSTED_PROXIES else ""
        request_id = sent if _VALID.fullmatch(sent) else uuid4().hex
        # For what Django logs after the last middleware.
        request.request_id = request_id  # type: ignore[attr-defined]
        with request_context(request_id):
            response = self._live(request) or self.get_response(request)
        response[HEADER] = request_id
        return response

    def _live(self, request: HttpRequest) -> HttpResponse | None:
        """Answer the probe of the server's supervisor.

        Here rather than in a view, because it asks for the local address, which ALLOWED_HOSTS need not contain.
        """
        if request.path_info != LIVENESS_PATH:
            return None
        return HttpResponse("alive\n", content_type="text/plain", headers={"Cache-Control": "no-store"})
