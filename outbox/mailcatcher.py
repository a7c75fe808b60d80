"""A mail server that delivers nothing, and the page that shows what it took: for a site on a machine of one's own.

Mails are strangers' words even here: their HTML is shown in a frame of no origin, without scripts, and loads pictures
of this site alone. The page answers to this machine's own names only, so no other site can read it (DNS rebinding).
"""

import re
import threading
from collections import deque
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.template.loader import render_to_string
from django.utils import timezone

HOST = "127.0.0.1"
MOST_KEPT = 200
_TYPES = {".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
# A link opens the site in a tab of its own, as one in a mail program does.
_OPENS = "allow-popups allow-popups-to-escape-sandbox"


class Caught:
    """A mail that came in."""

    def __init__(self, number: int, recipients: list[str], content: bytes) -> None:
        self.number, self.recipients, self.content = number, recipients, content
        self.at: datetime = timezone.localtime()

    @cached_property
    def mail(self) -> EmailMessage:
        """It, taken apart."""
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """What it says about itself."""
        return [(name, str(value)) for name, value in self.mail.items()]

    @cached_property
    def text(self) -> str:
        """Its plain words; "" if it has none."""
        return self._body("plain")

    @cached_property
    def html(self) -> str:
        """It as a page; "" if it is none."""
        opens = '<base target="_blank">'
        html, found = re.subn(r"<head\b[^>]*>", lambda head: head[0] + opens, self._body("html"), count=1, flags=re.I)
        return html if found or not html else opens + html

    def _body(self, kind: str) -> str:
        part: Any = self.mail.get_body((kind,))
        if part is None:
            return ""
        try:
            return str(part.get_content())
        except (LookupError, ValueError):
            # Encoded as nobody knows.
            return bytes(part.get_payload(decode=True) or b"").decode(errors="replace")


class Box:
    """What came in, the last of it, for the mail server and the page together."""

    def __init__(self) -> None:
        self._mails: deque[Caught] = deque(maxlen=MOST_KEPT)
        self._number = 0
        self._lock = threading.Lock()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        with self._lock:
            self._number += 1
            self._mails.appendleft(Caught(self._number, envelope.rcpt_tos, envelope.original_content))
        return "250 Caught"

    @property
    def mails(self) -> list[Caught]:
        """The mails, the latest first."""
        with self._lock:
            return list(self._mails)

    def get(self, number: int) -> Caught | None:
        """The mail with this number, if it is still here."""
        return next((mail for mail in self.mails if mail.number == number), None)


class Page(BaseHTTPRequestHandler):
    """`/` lists the mails, `/7/` shows one, `/7/html/` and `/7/source/` what it consists of."""

    box: Box
    _PATH = re.compile(r"/(?:(\d{1,9})/(html/|source/)?)?")

    def do_GET(self) -> None:
        if urlsplit(f"//{self.headers['Host']}").hostname not in {HOST, "localhost"}:
            return self._answer(403, "text/plain", b"Ask for 127.0.0.1.")
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            return self._file(path.removeprefix("/static/"))
        found = self._PATH.fullmatch(path)
        if found and found[1] is None:
            return self._page("outbox/mails.html", {"mails": self.box.mails, "site": settings.SITE_URL})
        mail = self.box.get(int(found[1])) if found else None
        if found is None or mail is None:
            return self._answer(404, "text/plain", b"There is no such mail here, or no longer.")
        if found[2] == "html/":
            policy = (
                f"sandbox {_OPENS}; default-src 'none'; style-src 'unsafe-inline'; img-src data: {settings.SITE_URL}"
            )
            return self._answer(200, "text/html", mail.html.encode(errors="replace"), policy)
        if found[2] == "source/":
            return self._answer(200, "text/plain", mail.content)
        return self._page("outbox/mail.html", {"caught": mail, "opens": _OPENS})

    def _page(self, template: str, context: dict[str, Any]) -> None:
        html = render_to_string(template, context)
        self._answer(200, "text/html", html.encode(errors="replace"), "default-src 'self'")

    def _file(self, path: str) -> None:
        kind = _TYPES.get(Path(path).suffix)
        try:
            place = finders.find(path) if kind else None
        except SuspiciousFileOperation:
            place = None
        if kind and isinstance(place, str):
            return self._answer(200, kind, Path(place).read_bytes())
        return self._answer(404, "text/plain", b"There is no such file.")

    def _answer(self, status: int, kind: str, body: bytes, policy: str = "default-src 'none'") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind if ";" in kind else f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal is the site's."""


class Catcher:
    """Mail server and page; use it as a context. OSError if one of the ports is taken."""

    def __init__(self, port: int, smtp_port: int) -> None:
        box = Box()
        self._page = ThreadingHTTPServer((HOST, port), type("BoxPage", (Page,), {"box": box}))
        self._page.daemon_threads = True
        self._smtp = Controller(box, hostname=HOST, port=smtp_port)

    def __enter__(self) -> None:
        try:
            self._smtp.start()
        except BaseException:
            self._page.server_close()
            raise
        threading.Thread(target=self._page.serve_forever, args=(0.05,), daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._smtp.stop()
        self._page.shutdown()
        self._page.server_close()
