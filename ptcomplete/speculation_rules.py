"""Let browsers prefetch the page behind a link while the pointer rests on it.

The rules come with a header because the content security policy forbids inline scripts, and inside a data: URL because
a file of rules is requested before style sheets, fonts and images, and delays them on slow connections.
A prefetch loads the HTML only and runs no script, so it counts neither a view nor an ad.
"""

import json
from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# Besides what the page cache ignores: pages that are only useful later or cost much, and every URL with a query.
_EXCLUDED = ("/newsletter/*", "/feedback/*", "/preview/*", "/search/*", "/feed/*", "/*/feed/*", r"/*\?(.+)")


def header() -> str:
    """Return the value of the Speculation-Rules header."""
    excluded = [*(f"{path}*" for path in settings.PAGE_CACHE_IGNORED_PATHS), *_EXCLUDED]
    # Without relative_to, paths would be relative to the data: URL.
    conditions = [
        {"href_matches": "/*", "relative_to": "document"},
        {"not": {"href_matches": excluded, "relative_to": "document"}},
        {"not": {"selector_matches": "[rel~=nofollow], [download]"}},
    ]
    rules = {"prefetch": [{"where": {"and": conditions}, "eagerness": "moderate"}]}
    text = quote(json.dumps(rules, separators=(",", ":")), safe="{}[]:,/*~?=+()")
    return f'"data:application/speculationrules+json,{text}"'


class SpeculationRulesMiddleware:
    """Add the header to pages that the page cache may store, for visitors only: their pages are fast to serve."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Store the next middleware and the header."""
        self.get_response = get_response
        self.header = header()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header to a public page."""
        response = self.get_response(request)
        if (
            response.status_code == 200
            and response.get("Content-Type", "").startswith("text/html")
            and not request.path.startswith(settings.PAGE_CACHE_IGNORED_PATHS)
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
        ):
            response["Speculation-Rules"] = self.header
        return response
