"""The mail server of the site: reached safely, and what goes wrong with it is said in words."""

import smtplib

import pytest
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.core.mail import mailers as djangos_mailers
from django.core.management import CommandError, call_command
from pytest_django import Settings

from outbox import sending
from outbox.checks import mail_can_go_out
from outbox.headers import mailbox
from ptcomplete.email_settings import mailers
from tests.postbox import Postbox, mail_server


@pytest.mark.django_db
def test_a_name_and_password_of_any_letters_reach_the_mail_server(settings: Settings) -> None:
    name, password = "sam@example.org", "p@ss:w/ö#r?d%25 [1]&x=$"
    options = mailers(f"smtps://{name}:{password.replace('%', '%25')}@127.0.0.1:465")["default"]["OPTIONS"]
    assert (options["username"], options["password"], options["use_ssl"]) == (name, password, True)
    box = Postbox()
    with mail_server(settings, box, authenticator=box.login, auth_require_tls=False) as port:
        # Without encryption, which a test has no certificate for.
        settings.MAILERS["default"]["OPTIONS"] |= {
            "username": name,
            "password": password.replace("ö", "o"),
            "port": port,
        }
        sending.test_mail("eve@example.org").send(using="default")
    assert box.logins == [(name, password.replace("ö", "o"))]


def test_a_password_never_travels_in_the_open(settings: Settings) -> None:
    box = Postbox()
    with mail_server(settings, box, authenticator=box.login, auth_require_tls=False) as port:
        settings.MAILERS = mailers(f"smtp://sam:secret@127.0.0.1:{port}")
        with pytest.raises(smtplib.SMTPNotSupportedError):
            djangos_mailers.default.open()
    assert box.logins == []


@pytest.mark.django_db
def test_a_test_mail_goes_out_and_says_so(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    box = Postbox()
    with mail_server(settings, box):
        call_command("send_test_mail", "sam@bücher.example")
    assert box.envelopes == [("site@example.com", ["sam@xn--bcher-kva.example"])]
    assert "took a test mail to sam@bücher.example" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "address", "says"),
    [
        ("", "sam@example.org", "No mail server is set"),
        ("smtp://127.0.0.1:9", "sam@example.org", "Nothing answers where the mail server should be"),
        ("smtp://no-such-host.invalid", "sam@example.org", "There is no mail server with the name in EMAIL_URL"),
        ("smtp://127.0.0.1:9", "sam\nBcc: x@example.org", "not written as mail needs it"),
        ("smtp://127.0.0.1:9", "", "not written as mail needs it"),
    ],
)
def test_a_test_mail_that_fails_says_why_in_one_sentence(settings: Settings, url: str, address: str, says: str) -> None:
    settings.MAILERS = mailers(url)
    with pytest.raises(CommandError, match=says) as caught:
        call_command("send_test_mail", address)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (smtplib.SMTPAuthenticationError(535, b"bad"), "did not take our name and password"),
        (smtplib.SMTPSenderRefused(550, b"not\r\nyours", "a@example.org"), "EMAIL_FROM): 550 not yours"),
        (smtplib.SMTPServerDisconnected("gone"), "hung up"),
        (smtplib.SMTPDataError(554, b"\xff spam"), "said no: 554"),
        (TimeoutError(), "in time"),
        (OSError(101, "Network is unreachable"), "could not be reached"),
        (AnymailAPIError("a@example.org?", status_code=401), "The mail provider did not take it: 401"),
        (AnymailAPIError("a@example.org?"), "The mail provider did not take it: no answer"),
        (AnymailRecipientsRefused(), "refused the address"),
        (RuntimeError("odd"), "It could not be sent: odd"),
    ],
)
def test_what_goes_wrong_is_said_in_words(error: Exception, says: str) -> None:
    words = sending.in_words(error)
    assert says in words
    assert "a@example.org" not in words


def test_a_site_without_a_mail_server_is_warned(settings: Settings) -> None:
    assert mail_can_go_out() == []
    settings.MAILERS = {}
    (warning,) = mail_can_go_out()
    assert warning.id == "outbox.I001"
    assert "EMAIL_URL" in str(warning.hint)


@pytest.mark.parametrize(
    "address",
    ["", "sam", "@example.org", "sam@", "sam@a..b", "sam@straße.example", "s m@exa mple.org", '"a..b"@example.org'],
)
def test_what_is_no_mailbox_is_an_error_of_value_and_of_nothing_else(address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        mailbox(address)
