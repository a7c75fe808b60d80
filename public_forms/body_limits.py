"""Refuse request bodies that are too large before anything reads them.

Django's CSRF check parses the body of every POST, and stores uploaded files, before the view can refuse it.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

# For views that declare nothing: enough for signing in, and too little to store a file.
DEFAULT_BYTES = 64_000


class BodyLimitMiddleware:
    """Return 413 if the body of a request is larger than its view allows. Placed before CsrfViewMiddleware.

    A body without Content-Length is not read at all: WSGI applications read what that header announces, so a client
    cannot send more than it declares.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Do nothing: the limit depends on the view."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Compare the declared length with the limit of the view, or of staff."""
        length = declared_length(request)
        if length <= getattr(view, "max_body_bytes", DEFAULT_BYTES):
            return None
        if length <= settings.STAFF_BODY_BYTES and getattr(getattr(request, "user", None), "is_staff", False):
            return None
        return too_large(request)


def limit_body[View: Callable[..., Any]](max_bytes: int) -> Callable[[View], View]:
    """Decorate a view that accepts bodies of up to `max_bytes`. The outermost decorator."""

    def decorate(view: View) -> View:
        view.max_body_bytes = max_bytes  # type: ignore[attr-defined]
        return view

    return decorate


def declared_length(request: HttpRequest) -> int:
    """Return the length of the body, or more than any limit if the header is not a number."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    is_number = text.isascii() and text.isdecimal() and len(text) <= 18
    return int(text) if is_number else 10**18


def too_large(request: HttpRequest) -> HttpResponse:
    """Return the page that explains a refused body."""
    return render(request, "public_forms/too_large.html", status=413)
