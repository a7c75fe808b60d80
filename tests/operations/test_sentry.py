"""A server that receives what Sentry would receive finds no personal data in it."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from operations import sentry

DECODERS = {"gzip": gzip.decompress, "br": brotli.decompress, "": bytes}


@pytest.fixture
def received() -> Iterator[tuple[str, list[str]]]:
    """Run a server, and yield its DSN and the bodies that it receives."""
    bodies: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(DECODERS[self.headers.get("Content-Encoding", "")](body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", bodies
        server.shutdown()


@pytest.mark.slow
@pytest.mark.any_database
def test_errors_arrive_without_personal_data(received: tuple[str, list[str]]) -> None:
    dsn, bodies = received
    command = [sys.executable, "-m", "tests.operations.sentry_site"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "ptcomplete.settings", "SENTRY_DSN": dsn}
    ended = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    request_id = ended.stdout.strip()
    text = "\n".join(bodies)
    events: list[dict[str, Any]] = [
        json.loads(line)
        for line in text.splitlines()
        if line.startswith("{") and "event_id" in line and "level" in line
    ]
    failure = next(event for event in events if "exception" in event)
    assert failure["exception"]["values"][-1]["type"] == "ValueError"
    assert failure["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "confirm"
    assert failure["transaction"] == "/newsletter/confirm/{token}/"
    assert failure["tags"]["request_id"] == request_id
    message = next(event for event in events if "logentry" in event)
    assert message["logentry"]["message"] == "Failed for %s"
    sent = ["Ottilie", "ottilie", "horse", "slipped-disc", "203.0.113.77", "stranger"]
    assert [value for value in sent if value in text] == []
    assert "token-of" not in text


def test_the_setting_needs_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(ImproperlyConfigured, match="pip install sentry-sdk"):
        sentry.start_sentry("http://key@127.0.0.1:9/1")
