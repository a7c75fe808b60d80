"""Run an SMTP server that records what it accepts."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pytest_django import Settings

from ptcomplete.email_settings import mailers


class Mailbox:
    """Accepted messages. `rejections` maps an email address to the reply that its RCPT command gets."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.rejections: dict[str, str] = {}
        self.logins: list[tuple[str, str]] = []

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.rejections:
            return self.rejections[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return "250 OK"

    def login(self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mail_server(settings: Settings, mailbox: Mailbox, port: int | None = None, **options: Any) -> Iterator[int]:
    """Run a mail server in a thread, configure the site to use it, and return its port."""
    port = port or free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    server.start()
    settings.MAILERS = mailers(f"smtp://127.0.0.1:{port}")
    try:
        yield port
    finally:
        server.stop()


def message_text(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")
