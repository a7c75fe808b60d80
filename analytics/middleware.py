"""Answer beacons before everything that pages need: sessions, CSRF tokens, the page cache, the URL patterns."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from analytics.beacons import beacon_path, receive


class BeaconMiddleware:
    """Store beacons. They are many and cheap, and no page may become slower because of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Store the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a beacon, and pass on everything else."""
        return receive(request) if request.path_info == beacon_path() else self.get_response(request)
