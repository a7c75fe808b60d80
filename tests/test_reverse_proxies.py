"""nginx and Caddy, as shipped, keep slow clients and forged headers away from the site."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest

from tests.local_server import LocalServer, run_local_server
from tests.reverse_proxies import PROXIES

pytestmark = [pytest.mark.slow, pytest.mark.any_database]


@pytest.fixture
def site() -> Iterator[LocalServer]:
    with run_local_server() as server:
        yield server


@pytest.fixture(params=PROXIES)
def port(request: pytest.FixtureRequest, site: LocalServer, tmp_path: Path) -> Iterator[int]:
    with request.param(site.port, tmp_path) as port:
        yield port


def get(port: int, path: str, headers: dict[str, str] | None = None, client: str = "127.0.0.1") -> tuple[int, bytes]:
    """Return status and body of a request from the address `client`."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10, source_address=(client, 0))) as connection:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()


def connect(stack: ExitStack, port: int, data: str) -> socket.socket:
    """Open a connection with a small receive buffer, and send `data`."""
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    client.sendall(data.replace("\n", "\r\n").encode())
    return client


def wait_for(condition: Event) -> bool:
    return condition.wait(10)


def test_headers_with_underscores_are_dropped(site: LocalServer, port: int) -> None:
    site.answer("/page/", b"page")
    get(port, "/page/", {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https", "X-Plain": "1"})
    headers = site.requests[-1].headers
    assert headers["X-Plain"] == "1"
    assert [name for name in headers if "_" in name] == []
    assert headers["X-Forwarded-For"].rpartition(",")[2].strip() == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"


def test_slow_bodies_wait_in_the_proxy(site: LocalServer, port: int) -> None:
    site.answer("/form/", b"thanks", Content_Length="6")
    with ExitStack() as stack:
        request = f"GET /form/ HTTP/1.1\nHost: 127.0.0.1:{port}\nContent-Length: 1000\n\na="
        clients = [connect(stack, port, request) for _ in range(40)]
        time.sleep(1)
        assert site.paths() == []
        clients[0].sendall(b"x" * 998)
        assert b" 200 " in clients[0].recv(100)
        assert site.paths() == ["/form/"]


def test_slow_readers_wait_in_the_proxy(site: LocalServer, port: int) -> None:
    is_sent = Event()

    def send(request: BaseHTTPRequestHandler) -> None:
        body = b"x" * 6_000_000
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
        request.wfile.flush()
        is_sent.set()

    site.answers["/page/"] = send
    with ExitStack() as stack:
        connect(stack, port, f"GET /page/ HTTP/1.1\nHost: 127.0.0.1:{port}\n\n")
        assert wait_for(is_sent)


def test_others_are_served_beside_many_idle_and_slow_connections(site: LocalServer, port: int) -> None:
    site.answer("/page/", b"page", Content_Length="4")
    with ExitStack() as stack:
        for _ in range(200):
            connect(stack, port, "")
            connect(stack, port, "GET /page/ HTTP/1.1\nHost: ")
        assert get(port, "/page/", client="127.0.0.2") == (200, b"page")


def test_static_files_and_uploads_come_from_the_folder(port: int, tmp_path: Path) -> None:
    for name in ("static/site.css", "static/staticfiles.json", "media/knee.avif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert get(port, "/static/site.css") == (200, b"static/site.css")
    assert get(port, "/media/knee.avif") == (200, b"media/knee.avif")
    assert get(port, "/static/staticfiles.json")[0] == 404
