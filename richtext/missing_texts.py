"""Pages whose text raises an error. Visitors get everything else of the page, with a sentence in place of the text.

Such a page is answered with 503: neither caches nor search engines take it for the real one, monitoring notices it, and
search engines keep what they know of the page and come back. With 200, they would replace its text with the sentence.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from richtext.problems import render_one

SENTENCE = SafeString("<p>This text can't be shown right now. Please try again later.</p>")


def text_of_page(request: HttpRequest, row: Model, render: Callable[[], SafeString]) -> SafeString:
    """Return what `render` returns for the text of `row`, or a sentence if it raises."""
    text = render_one(row, "its page", render, None)
    if text is None:
        request.is_incomplete = True  # type: ignore[attr-defined]
        return SENTENCE
    return text


def missing_text_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Return middleware that answers pages without their text with 503."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if getattr(request, "is_incomplete", False) and response.status_code == HTTPStatus.OK:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
            response["Cache-Control"] = "private, no-store"
            response["X-Robots-Tag"] = "noindex"
        return response

    return respond
