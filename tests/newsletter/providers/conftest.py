"""A provider beside the stage: its API answers in a process of its own, and writes down what it took."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from ptcomplete.email_settings import anymail, mailers
from tests.newsletter.sending.conftest import processes
from tests.newsletter.sending.stage import Stage

__all__ = ("processes",)

OPTIONS = {"postmark": "server_token=the+token", "resend": "api_key=key", "brevo": "api_key=key"}


class Api:
    """The provider, as tests see it."""

    def __init__(self, stage: Stage, port: int) -> None:
        self.stage, self.port = stage, port

    def settings(self, name: str) -> dict[str, Any]:
        """What EMAIL_URL and its secret mean for the provider `name`."""
        url = f"anymail://{name}?{OPTIONS[name]}&api_url=http://127.0.0.1:{self.port}/"
        # Goes to workers as JSON, which has no pairs.
        options = anymail(url, webhook_secret="hook:secret") | {"REQUESTS_TIMEOUT": 20}
        return {"MAILERS": mailers(url), "ANYMAIL": options}

    def plan(self, *answers: str | int) -> None:
        """Have it answer so from now on."""
        body = json.dumps(answers).encode()
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/plan", body, method="PUT"))

    def asked(self) -> list[dict[str, Any]]:
        """All requests so far."""
        path = self.stage.folder / "taken.json"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def forget(self) -> None:
        """Start a new list of requests."""
        (self.stage.folder / "taken.json").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def api_process(processes: Stage) -> Iterator[Api]:
    command = [sys.executable, "-m", "tests.newsletter.providers.api", str(processes.folder / "taken")]
    with subprocess.Popen(command, cwd=django_settings.BASE_DIR, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout
        assert process.stdin
        yield Api(processes, int(process.stdout.readline()))
        process.stdin.close()


@pytest.fixture
def api(api_process: Api, settings: Settings) -> Api:
    """The provider, chosen by the settings as Postmark."""
    api_process.plan()
    api_process.forget()
    settings.NEWSLETTER_STATE_DIR = api_process.stage.folder / "newsletter"
    use(settings, api_process, "postmark")
    return api_process


def use(settings: Settings, api: Api, name: str) -> None:
    """Choose another provider."""
    for key, value in api.settings(name).items():
        setattr(settings, key, value)
