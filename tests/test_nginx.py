"""The example configuration of nginx works, and caches only what the site allows."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings

from benchmarks.server import find_nginx, free_port
from tests.local_server import LocalServer, run_local_server

EXAMPLE = settings.BASE_DIR / "docs/operations/nginx.conf"
NGINX = find_nginx() or ""
pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is not installed")


@pytest.fixture
def site() -> Iterator[LocalServer]:
    with run_local_server() as server:
        yield server


@pytest.fixture
def port(site: LocalServer, tmp_path: Path) -> Iterator[int]:
    """Run nginx with the example in front of `site`, without TLS, and return its port."""
    port = free_port()
    example = re.sub(r"^ +ssl_certificate.*\n", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    for old, new in {
        "/srv/ptcomplete/data": str(tmp_path),
        "/var/cache/nginx": str(tmp_path / "cache"),
        "127.0.0.1:8000": f"127.0.0.1:{site.port}",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port};",
    }.items():
        assert old in example
        example = example.replace(old, new)
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Workers started by root could not read the temporary folder otherwise.
    user = "user root;" if os.geteuid() == 0 else ""
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"daemon off; worker_processes 1; pid {tmp_path}/pid; {user}\nevents {{}}\n"
        f"http {{\ninclude /etc/nginx/mime.types; access_log off;\n{folders}{example}}}\n"
    )
    (tmp_path / "cache").mkdir()
    command = [NGINX, "-c", str(config), "-e", str(tmp_path / "error.log")]
    check = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr
    assert "warn" not in check.stderr
    with subprocess.Popen(command) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            HTTPConnection("127.0.0.1", port).connect()
        except OSError:
            time.sleep(0.05)
        else:
            return


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
