"""Serve the demo as in production from a temporary folder."""

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

ROOT = Path(__file__).parent.parent
START_TIMEOUT = 180


@contextmanager
def serve_demo() -> Iterator[str]:
    """Serve the site on a free port and yield its URL. Sets up Django in this process too, on the same data.

    Raises RuntimeError with the server's log if it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="ptcomplete-audit-"))
    url = f"http://127.0.0.1:{free_port()}"
    # Set every variable that the settings read, so that a .env file does not change the results.
    os.environ |= {
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
    manage = [sys.executable, str(ROOT / "manage.py")]
    server: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run([*manage, "collectstatic", "--noinput", "--verbosity", "0"], check=True)
        with (folder / "log").open("wb") as log:
            command = [*manage, "run_local", "--port", url.rpartition(":")[2]]
            server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        wait_for(url, server, folder / "log")
        import django

        django.setup()
        yield url
    finally:
        if server:
            server.send_signal(signal.SIGTERM)
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


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
