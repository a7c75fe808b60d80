"""Keep threads free for pages while slow clients send requests or download files."""

from collections.abc import Callable, Iterator
from threading import BoundedSemaphore
from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from ptcomplete.server import THREADS

# Threads that may wait for slow clients. The others handle requests that need no waiting.
BODY_THREADS = THREADS // 4
STREAM_THREADS = THREADS // 2


class SlowClientMiddleware:
    """Return 503 when too many threads already wait for the bodies of requests, or for clients to read a file.

    The server reads bodies and sends streamed responses inside the thread of the request, at the client's speed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.bodies = BoundedSemaphore(BODY_THREADS)
        self.streams = BoundedSemaphore(STREAM_THREADS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, or 503."""
        if not has_body(request):
            response = self.get_response(request)
        elif self.bodies.acquire(blocking=False):
            try:
                response = self.get_response(request)
            finally:
                self.bodies.release()
        else:
            return busy()
        if isinstance(response, StreamingHttpResponse):
            return self._limited(response)
        return response

    def _limited(self, response: StreamingHttpResponse) -> HttpResponseBase:
        if not self.streams.acquire(blocking=False):
            response.close()
            return busy()
        # Setting the content also adds close() to what the response closes at its end.
        response.streaming_content = LimitedStream(cast("Iterator[bytes]", response.streaming_content), self.streams)
        return response


class LimitedStream:
    """The content of a response, which occupies a slot until the response is closed."""

    def __init__(self, content: Iterator[bytes], places: BoundedSemaphore) -> None:
        self.content = content
        self.places: BoundedSemaphore | None = places

    def __iter__(self) -> Iterator[bytes]:
        return self.content

    def close(self) -> None:
        """Release the slot, once."""
        places, self.places = self.places, None
        if places:
            places.release()


def has_body(request: HttpRequest) -> bool:
    """Return whether the client announced a body."""
    return request.META.get("CONTENT_LENGTH", "") not in {"", "0"} or "HTTP_TRANSFER_ENCODING" in request.META


def busy() -> HttpResponse:
    """Return a response that asks the client to try again later."""
    response = HttpResponse(
        "The site is busy. Try again in a minute.\n",
        status=503,
        content_type="text/plain; charset=utf-8",
        headers={"Retry-After": "60", "Cache-Control": "no-store"},
    )
    # Django would log each as an error, and many clients would fill the log.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
