"""The example configuration of nginx works, and caches only what the site allows."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from benchmarks.server import find_nginx
from tests.local_server import LocalServer, run_local_server
from tests.reverse_proxies import run_nginx

pytestmark = pytest.mark.skipif(not find_nginx(), reason="nginx is not installed")


@pytest.fixture
def site() -> Iterator[LocalServer]:
    with run_local_server() as server:
        yield server


@pytest.fixture
def port(site: LocalServer, tmp_path: Path) -> Iterator[int]:
    with run_nginx(site.port, tmp_path) as port:
        yield port


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers in lower case, and body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def test_pages_are_cached_as_long_as_the_site_allows(site: LocalServer, port: int) -> None:
    site.answer("/shared/", b"page", Cache_Control="public, max-age=0, s-maxage=60", Vary="Accept-Encoding")
    site.answer("/fresh/", b"page", Cache_Control="public, max-age=0, must-revalidate")
    site.answer("/silent/", b"page")
    for path, expected in (("/shared/", "HIT"), ("/fresh/", "MISS"), ("/silent/", "MISS")):
        get(port, path)
        assert get(port, path)[1]["x-cache"] == expected


def test_signed_in_users_neither_get_nor_store_cached_pages(site: LocalServer, port: int) -> None:
    site.answer("/page/", b"page", Cache_Control="public, max-age=0, s-maxage=60")
    assert get(port, "/page/", Cookie="a=b; sessionid=x")[1]["x-cache"] == "BYPASS"
    assert get(port, "/page/")[1]["x-cache"] == "MISS"
    assert get(port, "/page/", Cookie="sessionid=x")[1]["x-cache"] == "BYPASS"
    assert get(port, "/page/", Cookie="theme=dark")[1]["x-cache"] == "HIT"


@pytest.mark.parametrize(
    ("accept_encoding", "forwarded"),
    [("gzip, deflate, br, zstd", "zstd"), ("gzip, br;q=0", "gzip"), ("gzip;q=0.0", None), ("br;q=0.5", "br")],
)
def test_the_site_is_asked_for_one_encoding(
    site: LocalServer, port: int, accept_encoding: str, forwarded: str | None
) -> None:
    site.answer("/page/", b"page")
    get(port, "/page/", Accept_Encoding=accept_encoding)
    assert site.requests[-1].headers["Accept-Encoding"] == forwarded


def test_static_files_and_uploads_come_from_the_folder(site: LocalServer, port: int, tmp_path: Path) -> None:
    for name in ("static/site.css", "static/site.css.gz", "media/knee.avif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    _, headers, body = get(port, "/static/site.css", Accept_Encoding="gzip")
    assert (body, headers["content-encoding"]) == (b"static/site.css.gz", "gzip")
    assert (headers["vary"], headers["content-type"]) == ("Accept-Encoding", "text/css; charset=utf-8")
    assert "immutable" in headers["cache-control"]
    status, headers, body = get(port, "/media/knee.avif", Range="bytes=6-9")
    assert (status, body, headers["content-type"]) == (206, b"knee", "image/avif")
    assert "sandbox" in headers["content-security-policy"]
