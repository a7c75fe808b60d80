"""Answer beacons before Django handles the request. They are many, and no page may become slower because of them."""

from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from analytics.beacons import beacon_path, receive


class BeaconApplication:
    """A WSGI application that passes on every request but beacons.

    No signal of a request is sent for those, and no middleware runs: they need neither the database nor a session.
    """

    def __init__(self, application: WSGIApplication) -> None:
        """Pass requests on to `application`."""
        self.application = application
        self.path = beacon_path()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Store a beacon, or respond as `application` does."""
        if environ["PATH_INFO"] != self.path:
            return self.application(environ, start_response)
        status = receive(environ)
        headers = [("Allow", "POST")] if status is HTTPStatus.METHOD_NOT_ALLOWED else []
        start_response(f"{status.value} {status.phrase}", headers)
        return []
