"""Control the fake email provider from tests."""

import json
import urllib.request
from typing import Any

from pytest_django import Settings

from ptcomplete.email_settings import anymail, mailers
from tests.newsletter.delivery.harness import Stage

OPTIONS = {"postmark": "server_token=the+token", "resend": "api_key=key", "brevo": "api_key=key"}


class ProviderHarness:
    """The fake provider, running in its own process, and what it has recorded."""

    def __init__(self, stage: Stage, port: int) -> None:
        self.stage, self.port = stage, port

    def settings(self, provider: str) -> dict[str, Any]:
        """Return the Django settings that select `provider`."""
        url = f"anymail://{provider}?{OPTIONS[provider]}&api_url=http://127.0.0.1:{self.port}/"
        # A number, because settings are sent to workers as JSON, which has no tuples.
        options = anymail(url, webhook_secret="hook:secret") | {"REQUESTS_TIMEOUT": 20}
        return {"MAILERS": mailers(url), "ANYMAIL": options}

    def plan(self, *answers: str | int) -> None:
        """Set the answers to the next requests."""
        body = json.dumps(answers).encode()
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/plan", body, method="PUT"))

    def requests(self) -> list[dict[str, Any]]:
        """Return all requests since `clear`."""
        path = self.stage.folder / "taken.json"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def clear(self) -> None:
        """Delete the recorded requests."""
        (self.stage.folder / "taken.json").unlink(missing_ok=True)

    def use(self, settings: Settings, provider: str) -> None:
        """Select `provider` in this process."""
        for key, value in self.settings(provider).items():
            setattr(settings, key, value)
