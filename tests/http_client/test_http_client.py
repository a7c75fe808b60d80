"""The HTTP client reaches public hosts only and limits time, size and redirects."""

import gzip
import logging
import re
import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from http_client import public_network
from http_client.client import FetchError, get, get_status
from http_client.public_network import is_public
from tests.local_server import LocalServer, allow_local_requests, run_local_server

CERTIFICATE = Path(__file__).with_name("shop.example.pem")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    allow_local_requests(monkeypatch)
    with run_local_server() as server:
        yield server


def resolve(monkeypatch: pytest.MonkeyPatch, host: str, *ip_addresses: str) -> list[str]:
    """Let `host` resolve to these IP addresses, one per lookup. Return the list of its lookups so far."""
    lookups: list[str] = []
    getaddrinfo = socket.getaddrinfo

    def look_up(name: Any, *args: Any, **options: Any) -> Any:
        if name != host:
            return getaddrinfo(name, *args, **options)
        lookups.append(name)
        return getaddrinfo(ip_addresses[len(lookups) - 1], *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return lookups


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.168.1.1", False),
        ("224.0.1.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", False),
        ("::ffff:0:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("2001:0:7f00:1::", False),
        ("2002:7f00:1::", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("fe80::1%1", False),
        ("ff0e::1", False),
    ],
)
def test_only_global_addresses_are_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
    ],
)
def test_private_hosts_are_never_connected_to(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **options: connections.append(args))
    with pytest.raises(FetchError):
        get(f"http://{host}/")
    assert connections == []


@pytest.mark.parametrize("url", ["", "/path", "file:///etc/hosts", "ftp://example.com/", "http://[", "http://a:b/"])
def test_other_urls_fail_plainly(url: str) -> None:
    with pytest.raises(FetchError):
        get(url)


def test_a_response_has_status_headers_and_body(server: LocalServer, settings: Settings) -> None:
    server.answer("/fine?a=%20b", b"body", Content_Type="text/plain")
    server.answer("/gone", b"no", 404)
    response = get(server.url("/fine?a=%20b"), headers={"Accept": "text/plain"})
    assert (response.status, response.headers["content-type"], response.content) == (200, "text/plain", b"body")
    assert (get(server.url("/gone")).status, get_status(server.url("/gone"))) == (404, 404)
    headers = server.requests[0].headers
    assert headers["Accept"] == "text/plain"
    assert headers["User-Agent"] == f"Mozilla/5.0 (compatible; PT Complete; +{settings.SITE_URL})"


def test_proxies_of_the_environment_are_ignored(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answer("/", b"direct")
    assert get(server.url()).content == b"direct"


def test_urls_are_not_logged(server: LocalServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer("/?access_token=secret")
    get(server.url("/?access_token=secret"))
    with pytest.raises(FetchError) as error:
        get("http://127.0.0.1:1/?access_token=secret")
    assert "secret" not in caplog.text + str(error.value)


def test_a_second_lookup_cannot_change_the_connection(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answer("/", b"first")
    lookups = resolve(monkeypatch, "rebind.example", "127.0.0.1", "127.0.0.2")
    assert get(server.url(host="rebind.example")).content == b"first"
    assert lookups == ["rebind.example"]
    with pytest.raises(FetchError, match="no public IP address"):
        get(server.url(host="rebind.example"))


def test_redirects_are_returned_unless_asked_for(server: LocalServer) -> None:
    server.answer("/old", b"", 301, Location="/new")
    server.answer("/new", b"new")
    assert get(server.url("/old")).status == 301
    assert get_status(server.url("/old")) == 301
    assert server.paths() == ["/old", "/old"]
    assert get(server.url("/old"), max_redirects=1).content == b"new"


@pytest.mark.parametrize(
    "location", ["http://127.0.0.2:{port}/", "http://localhost.rebind.example:{port}/", "http://[::1]:{port}/"]
)
def test_redirects_to_private_hosts_are_refused(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    resolve(monkeypatch, "localhost.rebind.example", "10.0.0.1")
    server.answer("/", b"", 302, Location=location.format(port=server.port))
    with pytest.raises(FetchError, match="no public IP address"):
        get(server.url(), max_redirects=3)
    assert server.paths() == ["/"]


def test_redirects_to_files_are_refused(server: LocalServer) -> None:
    server.answer("/", b"", 302, Location="file:///etc/hosts")
    with pytest.raises(FetchError):
        get(server.url(), max_redirects=3)


def test_redirects_are_limited(server: LocalServer) -> None:
    server.answer("/", b"x" * 2_000_000, 302, Location="/")
    with pytest.raises(FetchError, match="more than 3 redirects"):
        get(server.url(), max_redirects=3)
    assert len(server.requests) == 4


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_size_limit_applies_to_the_decompressed_body(server: LocalServer, encoding: str) -> None:
    body = b"x" * 10_001
    server.answer("/", gzip.compress(body) if encoding == "gzip" else body, Content_Encoding=encoding)
    assert get(server.url(), max_bytes=10_001).content == body
    with pytest.raises(FetchError, match="larger than 10000 bytes"):
        get(server.url(), max_bytes=10_000)


def trickle(request: BaseHTTPRequestHandler, piece: bytes) -> None:
    """Send `piece` again and again, faster than any timeout between two of them."""
    for _ in range(200):
        try:
            request.wfile.write(piece)
        except OSError:
            return
        time.sleep(0.02)


def trickle_headers(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.0 200 OK\r\n")
    trickle(request, b"X-Wait: 1\r\n")


def trickle_body(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    trickle(request, b" ")


def trickle_redirects(request: BaseHTTPRequestHandler) -> None:
    time.sleep(0.1)
    request.send_response(302)
    request.send_header("Location", "/")
    request.end_headers()


@pytest.mark.parametrize("answer", [trickle_headers, trickle_body, trickle_redirects])
def test_the_time_limit_covers_the_whole_exchange(server: LocalServer, answer: Any) -> None:
    server.answers["/"] = answer
    start = time.monotonic()
    with pytest.raises(FetchError, match="within 0.3 seconds"):
        get(server.url(), max_seconds=0.3, max_redirects=50)
    assert time.monotonic() - start < 1.5


def test_a_silent_tls_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    allow_local_requests(monkeypatch)
    start = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(FetchError, match="within 0.2 seconds"):
        get(f"https://127.0.0.1:{silent.getsockname()[1]}/", max_seconds=0.2)
    assert time.monotonic() - start < 1.5


def test_broken_responses_fail_plainly(server: LocalServer) -> None:
    server.answers["/"] = lambda request: request.wfile.write(b"\x16\x03\x01 not HTTP\r\n\r\n")
    server.answer("/short", b"x", Content_Length="5")
    server.answer("/zip", b"no gzip", Content_Encoding="gzip")
    for path in ("/", "/short", "/zip"):
        with pytest.raises(FetchError, match="The request failed: "):
            get(server.url(path))


def test_certificates_must_be_trusted_and_name_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    allow_local_requests(monkeypatch)
    resolve(monkeypatch, "shop.example", *["127.0.0.1"] * 2)
    with run_local_server(CERTIFICATE) as server:
        server.answer("/", b"secure")
        with pytest.raises(FetchError, match="CERTIFICATE_VERIFY_FAILED"):
            get(server.url(scheme="https", host="shop.example"))
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        monkeypatch.setattr(public_network, "_ssl_context", lambda: context)
        assert get(server.url(scheme="https", host="shop.example")).content == b"secure"
        with pytest.raises(FetchError, match=re.escape("not valid for '127.0.0.1'")):
            get(server.url(scheme="https"))
