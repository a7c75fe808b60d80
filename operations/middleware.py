"""Middleware that needs neither a host name nor a database: the id of each request, and the sign of life."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from operations.context import request_context
from operations.request_ids import REQUEST_ID_HEADER, choose_request_id

LIVENESS_PATH = "/livez"


class RequestIdMiddleware:
    """Give each request an id, for the log, the error page and the response. Placed first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header to the response."""
        request_id = choose_request_id(request.META)
        # For what Django logs after the last middleware.
        request.request_id = request_id  # type: ignore[attr-defined]
        with request_context(request_id):
            response = self._live(request) or self.get_response(request)
        response[REQUEST_ID_HEADER] = request_id
        return response

    def _live(self, request: HttpRequest) -> HttpResponse | None:
        """Answer the probe of the server's supervisor.

        Here rather than in a view, because it asks for the local address, which ALLOWED_HOSTS need not contain.
        """
        if request.path_info != LIVENESS_PATH:
            return None
        return HttpResponse("alive\n", content_type="text/plain", headers={"Cache-Control": "no-store"})
