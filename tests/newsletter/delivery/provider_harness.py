"""Control the fake email provider from tests."""

import json
import urllib.request
from typing import Any

from pytest_django import Settings

from ptcomplete.email_settings import anymail, mailers
from tests.newsletter.delivery.harness import DeliveryHarness

OPTIONS = {"postmark": "server_token=the+token", "resend": "api_key=key", "brevo": "api_key=key"}


class ProviderHarness:
    """The fake provider, running in its own process, and the requests it has recorded."""

    def __init__(self, harness: DeliveryHarness, port: int) -> None:
        self.harness, self.port = harness, port
        self._log = harness.folder / "accepted.json"

    def settings(self, name: str) -> dict[str, Any]:
        """Return the Django settings that select the provider `name`."""
        url = f"anymail://{name}?{OPTIONS[name]}&api_url=http://127.0.0.1:{self.port}/"
        # A number, because settings are sent to workers as JSON, which has no tuples.
        options = anymail(url, webhook_secret="hook:secret") | {"REQUESTS_TIMEOUT": 20}
        return {"MAILERS": mailers(url), "ANYMAIL": options}

    def plan(self, *answers: str | int) -> None:
        """Set the answers to the next requests."""
        body = json.dumps(answers).encode()
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/plan", body, method="PUT"))

    def requests(self) -> list[dict[str, Any]]:
        """Return all requests since `clear`."""
        return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []

    def clear(self) -> None:
        """Delete the recorded requests."""
        self._log.unlink(missing_ok=True)

    def use(self, settings: Settings, name: str) -> None:
        """Select the provider `name` in this process."""
        for key, value in self.settings(name).items():
            setattr(settings, key, value)
