"""One mail to a server that may say no, wait, or hang up at any step: what became of it is always known or uncertain."""

import socket
import threading

import pytest
from pytest_django import Settings

from newsletter.delivery import transport as transports
from newsletter.delivery.transport import Outcome, SmtpTransport, TransportError
from newsletter.models import Delivery
from ptcomplete.email_settings import mailers
from tests.newsletter.delivery.harness import Stage

pytestmark = pytest.mark.django_db

MAIL = b"Message-ID: <1@example.com>\r\n\r\nWords\r\n"
DEFERRED, FAILED, SENT, UNCERTAIN = (
    Delivery.Status.DEFERRED,
    Delivery.Status.FAILED,
    Delivery.Status.SENT,
    Delivery.Status.UNCERTAIN,
)


def sends(transport: SmtpTransport, recipient: str = "reader@example.org") -> Outcome:
    return transport.send("us@example.com", recipient, MAIL, lambda: None)


@pytest.mark.parametrize("plain", [{}, {"PLAIN": [""]}])
@pytest.mark.parametrize(
    ("verb", "answer", "status", "is_config_error"),
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
        ("END", "452 4.3.1 no room", DEFERRED, False),
        ("END", "554 5.6.0 not this", FAILED, False),
        ("END", "550 5.7.26 no DKIM", DEFERRED, True),
        ("END", "drop-before", UNCERTAIN, False),
        ("END", "drop-after", UNCERTAIN, False),
    ],
)
def test_each_answer_at_each_step_has_its_outcome_and_the_next_mail_goes_out(
    stage: Stage, plain: dict[str, list[str]], verb: str, answer: str, status: Delivery.Status, is_config_error: bool
) -> None:
    stage.plan(**{verb: [answer]} | plain)
    with SmtpTransport() as transport:
        outcome = sends(transport)
        assert (outcome.status, outcome.is_config_error) == (status, is_config_error)
        assert sends(transport).status == SENT


def test_what_the_server_says_is_kept_without_the_address(stage: Stage) -> None:
    stage.plan(RCPT=["550 5.1.1 <reader@example.org>: no such mailbox"])
    with SmtpTransport() as transport:
        outcome = sends(transport, "Reader@Example.org")
    assert (outcome.code, outcome.error) == ("550", "The mail server said: 550 5.1.1 <the address>: no such mailbox")


def test_a_mail_that_is_stopped_before_its_dot_is_taken_by_nobody(stage: Stage) -> None:
    before = (stage.folder / "taken").read_text()

    def stop() -> None:
        raise KeyError("not now")

    with SmtpTransport() as transport:
        with pytest.raises(KeyError):
            transport.send("us@example.com", "reader@example.org", MAIL, stop)
        assert (stage.folder / "taken").read_text() == before
        assert sends(transport).status == SENT


@pytest.mark.parametrize("plan", [{}, {"PLAIN": [""]}])
def test_who_comes_next_is_told_ahead_and_gets_nothing_if_somebody_else_comes_or_nobody(
    stage: Stage, plan: dict[str, list[str]]
) -> None:
    stage.plan(**plan)
    taken = stage.folder / "taken"
    before = len(taken.read_text().splitlines())
    first, second, third = (f"{name}@example.org" for name in ("first", "second", "third"))

    def mailed(transport: SmtpTransport, to: str, following: str) -> Delivery.Status:
        return transport.send("us@example.com", to, MAIL, lambda: None, following).status

    with SmtpTransport() as transport:
        assert mailed(transport, first, second) == SENT
        assert mailed(transport, second, third) == SENT
        assert mailed(transport, first, third) == SENT
    assert len(taken.read_text().splitlines()) == before + 3


@pytest.mark.parametrize("plan", [{}, {"PLAIN": [""]}])
@pytest.mark.parametrize("fault", ["450 4.2.0 greylisted", "421 4.3.2 going down", "drop"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_reader_told_ahead_and_refused_is_one_outcome_and_the_next_mail_goes_out(
    stage: Stage, verb: str, fault: str, plan: dict[str, list[str]]
) -> None:
    stage.plan(**{verb: ["", fault]} | plan)
    with SmtpTransport() as transport:
        outcomes = [
            transport.send("us@example.com", f"{name}@example.org", MAIL, lambda: None, f"{name + 1}@example.org")
            for name in range(3)
        ]
    assert [outcome.status for outcome in outcomes] == [SENT, DEFERRED, SENT]


def test_a_mail_that_broke_before_its_dot_left_is_not_uncertain(settings: Settings) -> None:
    with hanging_server(5, reads=False) as port:
        settings.MAILERS = mailers(f"smtp://127.0.0.1:{port}")
        settings.MAILERS["default"]["OPTIONS"]["timeout"] = 0.2
        with SmtpTransport() as transport:
            # More than the line takes while nobody reads.
            outcome = transport.send("us@example.com", "reader@example.org", b"Words\r\n" * 4_000_000, lambda: None)
    assert outcome.status == DEFERRED


def test_a_server_that_hangs_is_given_up_on_before_the_dot_and_uncertain_after_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "REPLY_TIMEOUT_SECONDS", 0.2)
    for answers, status in ((2, DEFERRED), (5, UNCERTAIN)):
        with hanging_server(answers) as port:
            settings.MAILERS = mailers(f"smtp://127.0.0.1:{port}")
            settings.MAILERS["default"]["OPTIONS"]["timeout"] = 0.2
            with SmtpTransport() as transport:
                assert sends(transport).status == status


@pytest.mark.parametrize("address", ["", "console", "smtp://127.0.0.1:9", "smtp://no-such-host.invalid"])
def test_without_a_server_nothing_goes_out_and_the_reason_is_told(settings: Settings, address: str) -> None:
    settings.MAILERS = mailers(address)
    with SmtpTransport() as transport, pytest.raises(TransportError) as error:
        sends(transport)
    assert error.value.is_config_error == (not address.startswith("smtp"))
    assert str(error.value)


class hanging_server:  # noqa: N801 - used as a function
    """A mail server that says `answers` lines and then nothing more, and only listens if it `reads`."""

    def __init__(self, answers: int, *, reads: bool = True) -> None:
        self._reads = reads
        self._done = threading.Event()
        self._answers = [b"220 hello", b"250 ok", b"250 ok", b"250 ok", b"354 go on"][:answers]
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
            for answer in self._answers:
                connection.sendall(answer + b"\r\n")
                connection.recv(1024)
            while self._reads and connection.recv(1024):
                pass
            self._done.wait(10)
