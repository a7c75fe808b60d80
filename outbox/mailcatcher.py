"""A mail server for local development that delivers nothing, and a web page that shows the emails it caught.

Even here, emails are untrusted: their HTML is shown in a sandboxed frame without scripts and may load images from this
site only. The page answers only requests for this machine's own host names, so that no other site can read it (DNS
rebinding).
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
MAX_EMAILS = 200
_CONTENT_TYPES = {".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
# Links open in a new tab, as they would from a mail client.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"


class CaughtEmail:
    """An email that the mail server received."""

    def __init__(self, number: int, recipients: list[str], content: bytes) -> None:
        self.number, self.recipients, self.content = number, recipients, content
        self.received_at: datetime = timezone.localtime()

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed email."""
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """All headers, in order."""
        return [(name, str(value)) for name, value in self.message.items()]

    @cached_property
    def text(self) -> str:
        """The plain text part; "" if there is none."""
        return self._body("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part, with links that open in a new tab; "" if there is none."""
        base = '<base target="_blank">'
        html, count = re.subn(r"<head\b[^>]*>", lambda head: head[0] + base, self._body("html"), count=1, flags=re.I)
        return html if count or not html else base + html

    def _body(self, subtype: str) -> str:
        part: Any = self.message.get_body((subtype,))
        if part is None:
            return ""
        try:
            return str(part.get_content())
        except (LookupError, ValueError):
            # An unknown or wrong character set.
            return bytes(part.get_payload(decode=True) or b"").decode(errors="replace")


class Inbox:
    """The latest emails received, shared by the mail server and the web page."""

    def __init__(self) -> None:
        self._emails: deque[CaughtEmail] = deque(maxlen=MAX_EMAILS)
        self._number = 0
        self._lock = threading.Lock()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Store an email."""
        with self._lock:
            self._number += 1
            self._emails.appendleft(CaughtEmail(self._number, envelope.rcpt_tos, envelope.original_content))
        return "250 Caught"

    @property
    def emails(self) -> list[CaughtEmail]:
        """All stored emails, latest first."""
        with self._lock:
            return list(self._emails)

    def get(self, number: int) -> CaughtEmail | None:
        """Return the email with this number; None if it is not stored (any longer)."""
        return next((email for email in self.emails if email.number == number), None)


class RequestHandler(BaseHTTPRequestHandler):
    """Serve the list of emails at `/`, an email at `/7/`, and its parts at `/7/html/` and `/7/source/`."""

    inbox: Inbox
    _PATH = re.compile(r"/(?:(\d{1,9})/(html/|source/)?)?")

    def do_GET(self) -> None:
        """Handle a request. Return 403 for a foreign host name and 404 for unknown paths."""
        if urlsplit(f"//{self.headers['Host']}").hostname not in {HOST, "localhost"}:
            return self._respond(403, "text/plain", b"Use http://127.0.0.1 to open this page.")
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            return self._static_file(path.removeprefix("/static/"))
        match = self._PATH.fullmatch(path)
        if match and match[1] is None:
            return self._page("outbox/email_list.html", {"emails": self.inbox.emails, "site_url": settings.SITE_URL})
        email = self.inbox.get(int(match[1])) if match else None
        if match is None or email is None:
            return self._respond(404, "text/plain", b"Email not found.")
        return self._email(email, match[2])

    def _email(self, email: CaughtEmail, part: str | None) -> None:
        if part == "html/":
            csp = (
                f"sandbox {_SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; "
                f"img-src {' '.join(['data:', settings.SITE_URL, *settings.MEDIA_ORIGINS])}"
            )
            self._respond(200, "text/html", email.html.encode(errors="replace"), csp)
        elif part == "source/":
            self._respond(200, "text/plain", email.content)
        else:
            self._page("outbox/email_detail.html", {"email": email, "sandbox": _SANDBOX})

    def _page(self, template: str, context: dict[str, Any]) -> None:
        html = render_to_string(template, context)
        self._respond(200, "text/html", html.encode(errors="replace"), "default-src 'self'")

    def _static_file(self, path: str) -> None:
        content_type = _CONTENT_TYPES.get(Path(path).suffix)
        try:
            file = finders.find(path) if content_type else None
        except SuspiciousFileOperation:
            file = None
        if content_type and isinstance(file, str):
            return self._respond(200, content_type, Path(file).read_bytes())
        return self._respond(404, "text/plain", b"File not found.")

    def _respond(self, status: int, content_type: str, body: bytes, csp: str = "default-src 'none'") -> None:
        self.send_response(status)
        has_charset = ";" in content_type
        self.send_header("Content-Type", content_type if has_charset else f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", csp)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing, to keep the terminal for the site's own output."""


class Mailcatcher:
    """Run the mail server and the web page inside a `with` block. Raise OSError if a port is taken."""

    def __init__(self, port: int, smtp_port: int) -> None:
        inbox = Inbox()
        self._web = ThreadingHTTPServer((HOST, port), type("InboxHandler", (RequestHandler,), {"inbox": inbox}))
        self._web.daemon_threads = True
        self._smtp = Controller(inbox, hostname=HOST, port=smtp_port)

    def __enter__(self) -> None:
        try:
            self._smtp.start()
        except BaseException:
            self._web.server_close()
            raise
        threading.Thread(target=self._web.serve_forever, args=(0.05,), daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._smtp.stop()
        self._web.shutdown()
        self._web.server_close()
