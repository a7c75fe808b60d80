"""Whatever the mail server does at any step, the outcome of an email is known or uncertain."""

import socket
import threading

import pytest
from pytest_django import Settings

from newsletter.delivery import transport as transport_module
from newsletter.delivery.transport import Outcome, SmtpTransport, TransportError
from newsletter.models import Delivery
from ptcomplete.email_settings import mailers
from tests.newsletter.delivery.harness import DeliveryHarness

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

MESSAGE = b"Message-ID: <1@example.com>\r\n\r\nText\r\n"
DEFERRED, FAILED, SENT, UNCERTAIN = (
    Delivery.Status.DEFERRED,
    Delivery.Status.FAILED,
    Delivery.Status.SENT,
    Delivery.Status.UNCERTAIN,
)


def send(transport: SmtpTransport, recipient: str = "reader@example.org") -> Outcome:
    return transport.send("us@example.com", recipient, MESSAGE, lambda: None)


@pytest.mark.parametrize("plain", [{}, {"PLAIN": [""]}])
@pytest.mark.parametrize(
    ("verb", "reply", "status", "is_config_error"),
    [
        ("MAIL", "421 4.3.2 going down", DEFERRED, False),
        ("MAIL", "451 4.3.0 later", DEFERRED, False),
        ("MAIL", "550 5.1.8 who are you", DEFERRED, True),
        ("MAIL", "drop", DEFERRED, False),
        ("RCPT", "421 4.7.0 too many", DEFERRED, False),
        ("RCPT", "450 4.2.0 greylisted", DEFERRED, False),
        ("RCPT", "550 5.1.1 nobody", FAILED, False),
        ("RCPT", "550 5.7.1 not you", DEFERRED, True),
        ("RCPT", "drop", DEFERRED, False),
        ("END", "421 4.3.2 going down", DEFERRED, False),
        ("END", "452 4.3.1 disk full", DEFERRED, False),
        ("END", "554 5.6.0 not this", FAILED, False),
        ("END", "550 5.7.26 no DKIM", DEFERRED, True),
        ("END", "drop-before", UNCERTAIN, False),
        ("END", "drop-after", UNCERTAIN, False),
    ],
)
def test_every_reply_has_its_outcome_and_the_next_email_is_sent(
    harness: DeliveryHarness,
    plain: dict[str, list[str]],
    verb: str,
    reply: str,
    status: Delivery.Status,
    is_config_error: bool,
) -> None:
    harness.plan_faults(**{verb: [reply]} | plain)
    with SmtpTransport() as transport:
        outcome = send(transport)
        assert (outcome.status, outcome.is_config_error) == (status, is_config_error)
        assert send(transport).status == SENT


def test_servers_reply_is_stored_without_the_address(harness: DeliveryHarness) -> None:
    harness.plan_faults(RCPT=["550 5.1.1 <reader@example.org>: no such mailbox"])
    with SmtpTransport() as transport:
        outcome = send(transport, "Reader@Example.org")
    assert (outcome.code, outcome.error) == ("550", "The mail server said: 550 5.1.1 <the address>: no such mailbox")


def test_email_stopped_before_the_final_dot_is_not_accepted(harness: DeliveryHarness) -> None:
    before = (harness.folder / "accepted").read_text()

    def stop() -> None:
        raise KeyError("not now")

    with SmtpTransport() as transport:
        with pytest.raises(KeyError):
            transport.send("us@example.com", "reader@example.org", MESSAGE, stop)
        assert (harness.folder / "accepted").read_text() == before
        assert send(transport).status == SENT


@pytest.mark.parametrize("plan", [{}, {"PLAIN": [""]}])
def test_pipelined_envelope_is_dropped_if_another_recipient_follows(
    harness: DeliveryHarness, plan: dict[str, list[str]]
) -> None:
    harness.plan_faults(**plan)
    log = harness.folder / "accepted"
    before = len(log.read_text().splitlines())
    first, second, third = (f"{name}@example.org" for name in ("first", "second", "third"))

    def send_with_next(transport: SmtpTransport, to: str, next_recipient: str) -> Delivery.Status:
        return transport.send("us@example.com", to, MESSAGE, lambda: None, next_recipient).status

    with SmtpTransport() as transport:
        assert send_with_next(transport, first, second) == SENT
        assert send_with_next(transport, second, third) == SENT
        assert send_with_next(transport, first, third) == SENT
    assert len(log.read_text().splitlines()) == before + 3


@pytest.mark.parametrize("plan", [{}, {"PLAIN": [""]}])
@pytest.mark.parametrize("fault", ["450 4.2.0 greylisted", "421 4.3.2 going down", "drop"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_rejection_of_a_pipelined_recipient_affects_one_email(
    harness: DeliveryHarness, verb: str, fault: str, plan: dict[str, list[str]]
) -> None:
    harness.plan_faults(**{verb: ["", fault]} | plan)
    with SmtpTransport() as transport:
        outcomes = [
            transport.send("us@example.com", f"{name}@example.org", MESSAGE, lambda: None, f"{name + 1}@example.org")
            for name in range(3)
        ]
    assert [outcome.status for outcome in outcomes] == [SENT, DEFERRED, SENT]


def test_broken_connection_before_the_final_dot_is_not_uncertain(settings: Settings) -> None:
    with hanging_server(5, reads=False) as port:
        settings.MAILERS = mailers(f"smtp://127.0.0.1:{port}")
        settings.MAILERS["default"]["OPTIONS"]["timeout"] = 0.2
        with SmtpTransport() as transport:
            # More than the socket buffers hold while the server does not read.
            outcome = transport.send("us@example.com", "reader@example.org", b"Text\r\n" * 4_000_000, lambda: None)
    assert outcome.status == DEFERRED


def test_timeout_is_uncertain_only_after_the_final_dot(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "REPLY_TIMEOUT_SECONDS", 0.2)
    for replies, status in ((2, DEFERRED), (5, UNCERTAIN)):
        with hanging_server(replies) as port:
            settings.MAILERS = mailers(f"smtp://127.0.0.1:{port}")
            settings.MAILERS["default"]["OPTIONS"]["timeout"] = 0.2
            with SmtpTransport() as transport:
                assert send(transport).status == status


@pytest.mark.parametrize("email_url", ["", "console", "smtp://127.0.0.1:9", "smtp://no-such-host.invalid"])
def test_missing_server_raises_with_a_reason(settings: Settings, email_url: str) -> None:
    settings.MAILERS = mailers(email_url)
    with SmtpTransport() as transport, pytest.raises(TransportError) as error:
        send(transport)
    assert error.value.is_config_error == (not email_url.startswith("smtp"))
    assert str(error.value)


class hanging_server:  # noqa: N801 - used as a function
    """A mail server that sends `replies` lines and then hangs. It stops reading unless `reads`."""

    def __init__(self, replies: int, *, reads: bool = True) -> None:
        self._reads = reads
        self._done = threading.Event()
        self._replies = [b"220 hello", b"250 ok", b"250 ok", b"250 ok", b"354 go on"][:replies]
        self._server = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self._server.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._server.close()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection:
            for reply in self._replies:
                connection.sendall(reply + b"\r\n")
                connection.recv(1024)
            while self._reads and connection.recv(1024):
                pass
            self._done.wait(10)
