"""Start and stop the servers that are measured: Granian as in production, and nginx."""

import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ptcomplete.server import server_command, server_environment

HOST = "127.0.0.1"
START_TIMEOUT = 60  # seconds

_NGINX_CONFIG = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    keepalive_requests 1000000;
    gzip on;
    gzip_proxied any;
    gzip_vary on;
    gzip_types application/xml application/rss+xml application/atom+xml text/xml;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    proxy_cache_path {folder}/cache keys_zone=pages:10m use_temp_path=off;
    server {{
        listen {host}:{port};
        location = /static-file.html {{
            root {folder};
            gzip_static on;
        }}
        location / {{
            proxy_pass http://{host}:{upstream_port};
            proxy_set_header Host $http_host;
            proxy_set_header Accept-Encoding "";
            proxy_cache pages;
            proxy_cache_key $request_uri;
            proxy_cache_valid 200 404 10m;
            proxy_ignore_headers Cache-Control Expires Vary;
            add_header X-Page-Cache $upstream_cache_status always;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A running server."""

    name: str
    port: int
    pids: tuple[int, ...]
    host: str = HOST
    database_pids: tuple[int, ...] = ()


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def run_granian(
    name: str,
    application: str,
    environment: dict[str, str],
    log: IO[str],
    port: int,
    database_pids: tuple[int, ...] = (),
) -> Iterator[Server]:
    """Serve a WSGI application with the production server's options."""
    command = server_command(port, workers=2, application=application)
    with _run(command, server_environment() | environment, log, port) as pid:
        yield Server(name, port, (pid,), database_pids=database_pids)


def find_nginx() -> str | None:
    """Return the path of nginx if it is installed."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


@contextmanager
def run_nginx(folder: Path, upstream: Server, log: IO[str]) -> Iterator[Server]:
    """Run nginx with a page cache and gzip in front of `upstream`, and with `static-file.html` in `folder`."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    # Without this, workers started by root could not read the temporary folder.
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(_NGINX_CONFIG.format(folder=folder, host=HOST, port=port, upstream_port=upstream.port, user=user))
    command = [find_nginx() or "nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)]
    with _run(command, dict(os.environ), log, port) as pid:
        yield Server("nginx", port, (pid,))


@contextmanager
def _run(command: list[str], environment: dict[str, str], log: IO[str], port: int) -> Iterator[int]:
    """Run a server in its own process group until the end of the block; yield its process ID once it responds."""
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, process_group=0)
    try:
        if not _wait_for_answer(process, port):
            raise SystemExit(f"{command[0]} does not answer:\n{Path(log.name).read_text()[-2000:]}")
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_answer(process: subprocess.Popen[bytes], port: int) -> bool:
    """Return True once the server responds, or False if it has exited or does not respond in time."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=30)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return True
        finally:
            connection.close()
    return False
