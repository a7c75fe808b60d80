"""The Cross-Origin-Resource-Policy header: which other sites may load something from here."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "Cross-Origin-Resource-Policy"
# Uploads and share images appear in feed readers, emails and previews on other sites.
_SHARED_PATHS = ("/media/", "/share/")


class ResourcePolicyMiddleware:
    """Let other sites embed this site's images, and nothing else from it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header."""
        response = self.get_response(request)
        is_shared = request.path_info.startswith(_SHARED_PATHS)
        response.headers.setdefault(HEADER, "cross-origin" if is_shared else "same-origin")
        return response
