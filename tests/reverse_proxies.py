"""Run the reverse proxies with the configuration that the project ships."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings

from benchmarks.server import find_nginx, free_port

type Proxy = Callable[[int, Path], AbstractContextManager[int]]

DEPLOY = settings.BASE_DIR / "deploy"


def find_caddy() -> str | None:
    """Return the path of Caddy if it is installed, on the system or by the development requirements."""
    return shutil.which("caddy", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


@contextmanager
def run_caddy(site_port: int, tmp_path: Path) -> Iterator[int]:
    """Run Caddy with its configuration in front of the site, without TLS, and yield its port."""
    port = free_port()
    example = (DEPLOY / "Caddyfile").read_text()
    for old, new in {
        "/srv/ptcomplete/data": str(tmp_path),
        "127.0.0.1:8000": f"127.0.0.1:{site_port}",
        "\nexample.com {": f"\nhttp://127.0.0.1:{port} {{\n\tbind 127.0.0.1",
        "{\n\tservers": "{\n\tadmin off\n\tauto_https off\n\tservers",
    }.items():
        assert old in example
        example = example.replace(old, new)
    config = tmp_path / "Caddyfile"
    config.write_text(example)
    environment = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    command = [find_caddy() or "caddy", "run", "--config", str(config), "--adapter", "caddyfile"]
    with (tmp_path / "caddy.log").open("wb") as log, subprocess.Popen(command, env=environment, stderr=log) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()


@contextmanager
def run_nginx(site_port: int, tmp_path: Path) -> Iterator[int]:
    """Run nginx with its configuration in front of the site, without TLS, and yield its port."""
    port = free_port()
    example = re.sub(r"^ +ssl_certificate.*\n", "", (DEPLOY / "nginx.conf").read_text(), flags=re.MULTILINE)
    for old, new in {
        "/srv/ptcomplete/data": str(tmp_path),
        "/var/cache/nginx": str(tmp_path / "cache"),
        "127.0.0.1:8000": f"127.0.0.1:{site_port}",
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
    command = [find_nginx() or "nginx", "-c", str(config), "-e", str(tmp_path / "error.log")]
    check = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr
    assert "warn" not in check.stderr
    with subprocess.Popen(command) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()


PROXIES = [
    pytest.param(run_nginx, marks=pytest.mark.skipif(not find_nginx(), reason="nginx is not installed"), id="nginx"),
    pytest.param(run_caddy, marks=pytest.mark.skipif(not find_caddy(), reason="Caddy is not installed"), id="caddy"),
]


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            HTTPConnection("127.0.0.1", port).connect()
        except OSError:
            time.sleep(0.05)
        else:
            return
