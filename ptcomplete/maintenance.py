"""Show a page that asks visitors to come back while maintenance mode is on."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render

from operations.maintenance import maintenance_message
from public_forms.forms import HONEYPOT
from public_forms.same_origin import is_same_origin

# Seconds until clients and search engines should try again.
RETRY_AFTER = 300
# Files, and what reports the site's state.
OPEN_VIEWS = {"healthz", "favicon", "media", "og_image", "robots"}
# What a form sends besides the words of its visitor.
_TECHNICAL = {"csrfmiddlewaretoken", "token", HONEYPOT}


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
    return user.is_superuser or (request.resolver_match is not None and request.resolver_match.url_name == "logout")


def _closed(request: HttpRequest, message: str) -> HttpResponse:
    """Return the page. What was typed into a form is on it, and can be sent again from there."""
    fields: list[tuple[str, str]] = []
    if request.method == "POST" and is_same_origin(request):
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    context = {
        "message": message,
        "fields": [(name, value) for name, value in fields if name != "csrfmiddlewaretoken"],
        "texts": [(_label(name), value) for name, value in fields if _is_text(name, value)],
        "has_files": bool(fields and request.FILES),
        # Only for forms that had one: a token for others would set a cookie.
        "csrf_token": get_token(request) if any(name == "csrfmiddlewaretoken" for name, _ in fields) else "",
        "action": request.get_full_path(),
    }
    response = render(request, "site/maintenance.html", context, status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    response["Cache-Control"] = "no-store"
    # Django would log each as an error.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _label(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().capitalize()


def _is_text(name: str, value: str) -> bool:
    """Return whether someone may have typed this. Numbers and switches are sent again, but not shown."""
    return name not in _TECHNICAL and not name.startswith("_") and len(value) > 5 and not value.isdigit()
