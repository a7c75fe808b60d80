"""The one place from which the server sends HTTP requests.

URLs may come from authors or from other servers, so requests reach public hosts only, and time, size and redirects are
limited. Proxies and other settings of the environment are ignored: a proxy would connect to private addresses for us.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO

import httpx2
from django.conf import settings

from http_client import public_network

MAX_BYTES = 1_000_000
MAX_SECONDS = 10.0

# httpx2 logs every URL at level INFO, and a URL can contain an access token.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class FetchError(Exception):
    """There was no complete response. The message says why, and never contains the URL."""


@dataclass(frozen=True)
class Response:
    """A complete response with its decompressed body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    max_bytes: int = MAX_BYTES,
    max_seconds: float = MAX_SECONDS,
    max_redirects: int = 0,
) -> Response:
    """Fetch `url` and return the response, whatever its status. Raise FetchError if there is no complete one.

    `max_bytes` limits the decompressed body, `max_seconds` the whole exchange. With `max_redirects` 0, a redirect is
    returned like any other response.
    """
    with _open(url, headers, max_seconds, max_redirects) as response:
        return _read(response, max_bytes)


def post_json(url: str, data: object, *, max_bytes: int = MAX_BYTES, max_seconds: float = MAX_SECONDS) -> Response:
    """Send `data` as JSON to `url` and return the response, whatever its status. Redirects are not followed.

    Raise FetchError if there is no complete response.
    """
    headers = {"Content-Type": "application/json; charset=utf-8"}
    with _open(url, headers, max_seconds, 0, json.dumps(data).encode()) as response:
        return _read(response, max_bytes)


def _read(response: "httpx2.Response", max_bytes: int) -> Response:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > max_bytes:
            raise FetchError(f"The response is larger than {max_bytes} bytes.")
    return Response(response.status_code, response.headers, bytes(content))


def download(
    url: str,
    file: IO[bytes],
    *,
    max_bytes: int,
    max_seconds: float,
    max_redirects: int = 0,
) -> Response:
    """Write the body of `url` to `file` piece by piece, whatever its size up to `max_bytes`, if the status is 200.

    Return the response without a body. Raise FetchError if there is no complete one.
    """
    with _open(url, None, max_seconds, max_redirects) as response:
        if response.status_code == HTTPStatus.OK:
            size = 0
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > max_bytes:
                    raise FetchError(f"The response is larger than {max_bytes} bytes.")
                file.write(chunk)
        return Response(response.status_code, response.headers, b"")


def get_status(url: str, *, headers: Mapping[str, str] | None = None, max_seconds: float = MAX_SECONDS) -> int:
    """Return the status code of `url` without reading the body. Redirects are not followed. Raise FetchError."""
    with _open(url, headers, max_seconds, max_redirects=0) as response:
        return response.status_code


@contextmanager
def _open(
    url: str, headers: Mapping[str, str] | None, max_seconds: float, max_redirects: int, body: bytes | None = None
) -> Iterator["httpx2.Response"]:
    """Yield the response from `url` without reading its body. With a `body`, the request is a POST."""
    user_agent = f"Mozilla/5.0 (compatible; PT Complete; +{settings.SITE_URL})"
    transport = public_network.Transport(public_network.Deadline.after(max_seconds))
    try:
        with httpx2.Client(transport=transport, headers={"User-Agent": user_agent}, trust_env=False) as client:
            method = "GET" if body is None else "POST"
            request = client.build_request(method, url, headers=headers, content=body)
            response = client.send(request, stream=True)
            # The client would read the bodies of redirects without a limit.
            for _ in range(max_redirects):
                if response.next_request is None:
                    break
                response.close()
                response = client.send(response.next_request, stream=True)
            if max_redirects and response.next_request:
                raise FetchError(f"There are more than {max_redirects} redirects.")
            yield response
    except httpx2.TimeoutException as error:
        raise FetchError(f"There was no complete response within {max_seconds:g} seconds.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise FetchError(f"The request failed: {error or type(error).__name__}") from error
