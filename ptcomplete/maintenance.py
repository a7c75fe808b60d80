"""Show a page that asks visitors to come back while maintenance mode is on."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from operations.maintenance import maintenance_message
from ptcomplete.resend_form import resend_context

# Seconds until clients and search engines should try again.
RETRY_AFTER = 300
# Files, and what reports the site's state.
OPEN_VIEWS = {"healthz", "favicon", "icon_png", "apple_touch_icon", "media", "og_image", "robots"}


class MaintenanceMiddleware:
    """Return 503 during maintenance, except to owners and to people who sign in.

    Placed after the page cache, so visitors can go on reading cached pages, and after authentication. It works when the
    view is known, so that CSRF check and body limit come first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Do nothing: it depends on the view."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Return the page, unless the view may be used now."""
        match = request.resolver_match
        if match and match.url_name in OPEN_VIEWS:
            return None
        message = maintenance_message()
        if message is None or _may_enter(request):
            return None
        return _closed(request, message)


def _may_enter(request: HttpRequest) -> bool:
    user = request.user
    if not user.is_authenticated:
        return request.path.startswith(settings.MAINTENANCE_OPEN_PATHS)
    match = request.resolver_match
    return user.is_superuser or (match is not None and match.url_name == "account_logout")


def _closed(request: HttpRequest, message: str) -> HttpResponse:
    """Return the page. What was typed into a form is on it, and can be sent again from there."""
    context = {"message": message, **resend_context(request)}
    response = render(request, "site/maintenance.html", context, status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    response["Cache-Control"] = "no-store"
    # Django would log each as an error.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
