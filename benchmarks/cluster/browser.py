"""A visitor: cookies, an address, forms that are filled in, and a record of every request."""

import random
import time
from typing import Any
from urllib.parse import urljoin

import httpx2
from lxml import html

from benchmarks.cluster.ledger import Ledger

_TIMEOUT = 20.0
_TEXTS = {"text", "email", "password", "url", "search"}
_USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class NoAnswerError(Exception):
    """The site did not respond, or with an error of the server."""


class Browser:
    """Requests pages from an address that no other visitor has."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.url = url
        self.ledger = ledger
        address = ".".join(str(random.randint(1, 254)) for _ in range(3))  # noqa: S311
        headers = {
            "User-Agent": _USER_AGENT,
            "X-Forwarded-For": f"100.{address}",
            "Origin": url,
            "Sec-Fetch-Site": "same-origin",
        }
        self._client = httpx2.Client(base_url=url, headers=headers, timeout=_TIMEOUT)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, kind: str) -> Any:
        """Return the response, and record the request as `kind`. Raise NoAnswerError."""
        return self._request("GET", path, kind)

    def post(self, path: str, kind: str, data: dict[str, Any], **options: Any) -> Any:
        """Send a form and return the response, without following redirects. Raise NoAnswerError."""
        return self._request("POST", path, kind, data=data, **options)

    def open_form(self, path: str, kind: str, field: str) -> tuple[str, dict[str, Any]]:
        """Return where the form with `field` on a page is sent, and its values."""
        response = self.get(path, kind)
        page: Any = html.fromstring(response.text)
        for form in page.forms:
            if field in form.fields:
                # lxml leaves out empty fields, which browsers send.
                empty = {each.name: "" for each in form.inputs if each.name and getattr(each, "type", "") in _TEXTS}
                return urljoin(path, form.action or path), empty | dict(form.form_values())
        raise NoAnswerError(f"{path} has no form with {field} (status {response.status_code}).")

    def _request(self, method: str, path: str, kind: str, **options: Any) -> Any:
        started_at, status = time.time(), 0
        try:
            response = self._client.request(method, path, **options)
            status = response.status_code
        except httpx2.HTTPError as error:
            raise NoAnswerError(str(error)) from error
        finally:
            self.ledger.record(started_at, kind, status)
        if status >= 500:
            raise NoAnswerError(f"{path} returned {status}.")
        return response
