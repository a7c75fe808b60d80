"""Serve the demo, and a site imported from WordPress, as in production from temporary folders."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.wordpress_exports import write_export

ROOT = Path(__file__).parent.parent
START_TIMEOUT = 600  # Seconds; busy machines need minutes to prepare the demo.
IMPORTED_POSTS = 60


@contextmanager
def serve_demo() -> Iterator[str]:
    """Serve the demo on a free port and yield its URL. Sets up Django in this process too, on the same data."""
    with _folder() as folder:
        url = f"http://127.0.0.1:{free_port()}"
        # This process reads the same settings.
        os.environ |= _settings(folder, url)
        with _served(folder, url, {}):
            import django

            django.setup()
            yield url


@contextmanager
def serve_imported() -> Iterator[str]:
    """Serve a site imported from WordPress, without images, on a free port and yield its URL."""
    with _folder() as folder:
        url = f"http://127.0.0.1:{free_port()}"
        export = folder / "export.xml"
        write_export(export, IMPORTED_POSTS)
        with _served(folder, url, _settings(folder, url), "--wxr", str(export)):
            yield url


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ptcomplete-audit-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(folder: Path, url: str) -> dict[str, str]:
    """Return every variable that the settings read, so that a .env file does not change the results."""
    return {
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DEBUG": "0",
        "SECRET_KEY": "of-the-audit-only",
        "SITE_URL": url,
        "ALLOWED_HOSTS": "",
        "TRUSTED_PROXIES": "0",
        "LANGUAGE_CODE": "en-us",
        "TIME_ZONE": "UTC",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
    }


@contextmanager
def _served(folder: Path, url: str, settings: dict[str, str], *options: str) -> Iterator[None]:
    """Serve the data in `folder` at `url` as in production.

    Raises RuntimeError with the server's log if it does not start.
    """
    environment = os.environ | settings
    manage = [sys.executable, str(ROOT / "manage.py")]
    server: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run([*manage, "collectstatic", "--noinput", "--verbosity", "0"], check=True, env=environment)
        with (folder / "log").open("wb") as log:
            command = [*manage, "run_local", "--port", url.rpartition(":")[2], *options]
            server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        wait_for(url, server, folder / "log")
        yield
    finally:
        if server:
            server.send_signal(signal.SIGTERM)
            server.wait()


def free_port() -> int:
    """Return a free port of this machine."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the site serves requests. Raises RuntimeError with its log if it exits or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            return
    raise RuntimeError(f"The site did not start. Its log:\n{log.read_text(errors='replace')}")
