"""A local HTTP server in place of another site, and permission to send requests to it."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from http_client import public_network

type Answer = Callable[[BaseHTTPRequestHandler], object]


def allow_local_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the HTTP client connect to 127.0.0.1 as if that address were public, and to no other private address."""
    is_public = public_network.is_public
    monkeypatch.setattr(public_network, "is_public", lambda address: address == "127.0.0.1" or is_public(address))


class LocalServer:
    """Answers by path, and a list of the requests received."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[BaseHTTPRequestHandler] = []
        self.port = 0

    def url(self, path: str = "/", *, scheme: str = "http", host: str = "127.0.0.1") -> str:
        """Return the URL of `path` on this server."""
        return f"{scheme}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """Return the requested paths, in order."""
        return [request.path for request in self.requests]

    def answer(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        """Answer requests for `path` with `body`."""

        def send(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(body)

        self.answers[path] = send


@contextmanager
def run_local_server(certificate: Path | None = None) -> Iterator[LocalServer]:
    """Run a server, over TLS if a file with a key and a certificate is given."""
    local_server = LocalServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            local_server.requests.append(self)
            local_server.answers[self.path](self)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    local_server.port = server.server_port
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield local_server
    finally:
        server.shutdown()
        server.server_close()
