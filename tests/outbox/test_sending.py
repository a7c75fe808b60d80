"""Connecting to the mail server is safe, and errors are explained in plain sentences."""

import smtplib
from datetime import timedelta

import pytest
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.core.mail import mailers as djangos_mailers
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from newsletter.models import SubscriberEmail
from outbox import sending
from ptcomplete.email_settings import mailers
from tests.factories import make_subscriber
from tests.mail_server import Mailbox, mail_server


@pytest.mark.django_db
def test_username_and_password_with_special_characters_reach_the_mail_server(settings: Settings) -> None:
    name, password = "sam@example.org", "p@ss:w/ö#r?d%25 [1]&x=$"
    options = mailers(f"smtps://{name}:{password.replace('%', '%25')}@127.0.0.1:465")["default"]["OPTIONS"]
    assert (options["username"], options["password"], options["use_ssl"]) == (name, password, True)
    mailbox = Mailbox()
    with mail_server(settings, mailbox, authenticator=mailbox.login, auth_require_tls=False) as port:
        # Unencrypted, because the test has no certificate.
        settings.MAILERS["default"]["OPTIONS"] |= {
            "username": name,
            "password": password.replace("ö", "o"),
            "port": port,
        }
        sending.build_test_email("eve@example.org").send(using="default")
    assert mailbox.logins == [(name, password.replace("ö", "o"))]


def test_password_is_never_sent_unencrypted(settings: Settings) -> None:
    mailbox = Mailbox()
    with mail_server(settings, mailbox, authenticator=mailbox.login, auth_require_tls=False) as port:
        settings.MAILERS = mailers(f"smtp://sam:secret@127.0.0.1:{port}")
        with pytest.raises(smtplib.SMTPNotSupportedError):
            djangos_mailers.default.open()
    assert mailbox.logins == []


@pytest.mark.django_db
def test_test_email_is_sent_and_reported(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        call_command("send_test_email", "sam@bücher.example")
    assert mailbox.envelopes == [("site@example.com", ["sam@xn--bcher-kva.example"])]
    assert "accepted a test email to sam@bücher.example" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "email", "expected"),
    [
        ("", "sam@example.org", "No mail server is set"),
        ("smtp://127.0.0.1:9", "sam@example.org", "The mail server refused the connection"),
        ("smtp://no-such-host.invalid", "sam@example.org", "The mail server named in EMAIL_URL could not be found"),
        ("smtp://127.0.0.1:9", "sam\nBcc: x@example.org", "An email address or header is invalid"),
        ("smtp://127.0.0.1:9", "", "An email address or header is invalid"),
    ],
)
def test_failed_test_email_is_explained_in_one_sentence(
    settings: Settings, url: str, email: str, expected: str
) -> None:
    settings.MAILERS = mailers(url)
    with pytest.raises(CommandError, match=expected) as caught:
        call_command("send_test_email", email)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (smtplib.SMTPAuthenticationError(535, b"bad"), "rejected our username and password"),
        (smtplib.SMTPSenderRefused(550, b"not\r\nyours", "a@example.org"), "EMAIL_FROM): 550 not yours"),
        (smtplib.SMTPServerDisconnected("gone"), "closed the connection"),
        (smtplib.SMTPDataError(554, b"\xff spam"), "rejected the email: 554"),
        (TimeoutError(), "in time"),
        (OSError(101, "Network is unreachable"), "could not be reached"),
        (AnymailAPIError("a@example.org?", status_code=401), "The email provider did not accept the email: 401"),
        (AnymailAPIError("a@example.org?"), "The email provider did not accept the email: no answer"),
        (AnymailRecipientsRefused(), "rejected the recipient's email address"),
        (RuntimeError("odd"), "The email could not be sent: odd"),
    ],
)
def test_error_is_described_without_email_addresses(error: Exception, expected: str) -> None:
    description = sending.describe_error(error)
    assert expected in description
    assert "a@example.org" not in description


@pytest.mark.django_db
def test_an_email_does_not_wait_for_a_time_set_while_the_clock_was_wrong() -> None:
    subscriber = make_subscriber()
    now = timezone.now()
    for wait in (timedelta(hours=1), timedelta(days=3650)):
        SubscriberEmail.objects.create(subscriber=subscriber, kind="confirm", next_attempt_at=now + wait)
    assert [email.next_attempt_at for email in SubscriberEmail.objects.due()] == [now + timedelta(days=3650)]
