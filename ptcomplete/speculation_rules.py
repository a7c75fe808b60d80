"""Let browsers prefetch the page behind a link while the pointer rests on it.

The rules are in `static/site/prefetch.speculationrules`. They come with a header because the content security policy
forbids inline scripts. A prefetch loads the HTML only and runs no script, so it counts neither a view nor an ad.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.templatetags.static import static

MEDIA_TYPE = "application/speculationrules+json"
EXTENSION = ".speculationrules"
_RULES = f"site/prefetch{EXTENSION}"


class SpeculationRulesMiddleware:
    """Add the header to pages that the page cache may store, for visitors only: theirs are quick to answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Store the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header to a public page."""
        response = self.get_response(request)
        if (
            response.status_code == 200
            and response.get("Content-Type", "").startswith("text/html")
            and not request.path.startswith(settings.PAGE_CACHE_IGNORED_PATHS)
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
        ):
            response["Speculation-Rules"] = f'"{static(_RULES)}"'
        return response
