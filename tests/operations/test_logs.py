"""Log lines name the request or job, are one JSON object each if wanted, and hold no personal data or secrets."""

import json
import logging
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.http import urlsafe_base64_encode
from pytest_django import Settings

from accounts.models import AccountEmail, User
from contact.models import ContactSettings, Message
from newsletter.models import Subscriber
from newsletter.tokens import TokenPurpose
from operations.heartbeat import Heartbeat
from operations.redaction import redact
from outbox.sending import send_due_emails
from ptcomplete.email_settings import mailers
from public_forms.forms import issue_token
from tests.accounts.staff import make_staff
from tests.operations.log_lines import collect_lines

ORIGIN = {"origin": "http://testserver"}
IP = "203.0.113.77"


@pytest.fixture(autouse=True)
def mail_server_is_gone(settings: Settings) -> None:
    settings.MAILERS = mailers("smtp://127.0.0.1:9")


def sign_in_twice(client: Client) -> list[str]:
    """Sign in with a wrong and the right password, and return what must not be logged."""
    user = make_staff(email="wilma@clinic.example")
    user.set_password("correct horse battery")
    user.save()
    for password in ("wrong horse battery", "correct horse battery"):
        client.post("/admin/login/", {"login": "Wilma@clinic.example", "password": password}, REMOTE_ADDR=IP)
    assert client.session["_auth_user_id"] == str(user.pk)
    client.post("/admin/password-reset/", {"email": "wilma@clinic.example"}, REMOTE_ADDR=IP)
    uid = urlsafe_base64_encode(str(user.pk).encode())
    token = "d1w3k2-0123456789abcdef0123456789abcdef"
    client.get(f"/admin/password/{uid}/{token}/", REMOTE_ADDR=IP)
    return ["wilma", "horse", token, client.session.session_key or "?"]


def confirm_newsletter(client: Client) -> list[str]:
    """Sign up and confirm, with good, forged and misspelled links, and return what must not be logged."""
    data = {"email": "reader@example.net", "location": "page", "token": issue_token("signup", age=60)}
    assert client.post("/newsletter/", data, headers=ORIGIN, REMOTE_ADDR=IP).status_code == 303
    subscriber = Subscriber.objects.get(email="reader@example.net")
    token = TokenPurpose.CONFIRM.make_token(subscriber.public_id, subscriber.token_version)
    for path in (f"{token}/", f"{token}x/", f"{token}/more/", f"{token}/?email=reader@example.net"):
        client.get(f"/newsletter/confirm/{path}", REMOTE_ADDR=IP)
        client.post(f"/newsletter/confirm/{path}", REMOTE_ADDR=IP)
    subscriber.refresh_from_db()
    assert subscriber.status == Subscriber.Status.ACTIVE
    return ["reader@", token, token[-20:], subscriber.public_id.hex]


def send_message(client: Client) -> list[str]:
    """Send a message that is forwarded to a mail server that is gone, and return what must not be logged."""
    ContactSettings.objects.create(notify_email="tera@clinic.example")
    data = {"name": "Ottilie", "email": "ottilie@example.net", "subject": "Slipped disc", "body": "It hurts at night."}
    token = issue_token("contact", age=60)
    for origin in ({}, ORIGIN):
        client.post("/contact/", data | {"token": token}, headers=origin, REMOTE_ADDR=IP)
    client.post("/contact/?name=Ottilie", data | {"token": "forged"}, headers=ORIGIN, REMOTE_ADDR=IP)
    assert Message.objects.count() == 1
    AccountEmail.objects.create(email="wilma@clinic.example", kind="reset")
    User.objects.create_superuser("wilma@clinic.example", "a password for tests")
    assert send_due_emails() == 2
    return ["Ottilie", "ottilie", "Slipped", "hurts", "tera@", "wilma", token]


@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.parametrize("format_name", ["line", "json"])
@pytest.mark.parametrize("act", [sign_in_twice, confirm_newsletter, send_message])
def test_no_line_holds_personal_data_or_secrets(
    act: Callable[[Client], list[str]], format_name: str, client: Client
) -> None:
    with collect_lines(format_name) as output:
        secrets = act(client)
        logging.getLogger("test").warning("The end")
    lines = output.getvalue()
    assert "The end" in lines
    assert [secret for secret in [*secrets, IP] if secret in lines] == []


@pytest.mark.django_db
def test_failures_are_logged_without_the_address_they_are_about(client: Client) -> None:
    with collect_lines("line") as output:
        send_message(client)
        client.get("/nothing-here/")
    lines = output.getvalue()
    assert "Password reset to [email] could not be sent: ConnectionRefusedError" in lines
    assert "Not Found: /nothing-here/" in lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to ann@example.org, bob+x@mail.example.co.uk", "to [email], [email]"),
        ("postgres://site:pass@word@db/site", "postgres://…@word@db/site"),
        ("redis://:secret@10.0.0.1:6379/0", "redis://…@10.0.0.1:6379/0"),
        ("/admin/password/MQ/d1w3k2-0123456789abcdef0123456789abcdef/", "/admin/password/MQ/[token]/"),
        ("/10-exercises-that-help-with-knee-pain-at-40/", "/10-exercises-that-help-with-knee-pain-at-40/"),
        ("tests/operations/test_a_rather_long_name_of_a_module_2.py", None),
        ("2026-11-30T09:44:18", None),
    ],
)
def test_redaction_spares_what_is_no_secret(text: str, expected: str | None) -> None:
    assert redact(text) == (expected or text)


@pytest.mark.django_db
def test_json_lines_name_request_and_status(client: Client) -> None:
    with collect_lines("json") as output:
        response = client.get("/nothing-here/")
    [line] = [json.loads(line) for line in output.getvalue().splitlines() if "Not Found" in line]
    assert line["request_id"] == response["X-Request-ID"]
    assert (line["level"], line["logger"], line["method"], line["status"]) == ("WARNING", "django.request", "GET", 404)
    assert line["time"].endswith("+00:00")


def test_json_lines_hold_tracebacks_in_one_line() -> None:
    with collect_lines("json") as output:
        try:
            int("ann@example.org")
        except ValueError:
            logging.getLogger("test").exception("It failed")
    [line] = output.getvalue().splitlines()
    traceback = json.loads(line)["traceback"]
    assert "test_json_lines_hold" in traceback
    assert "ann@" not in line


def test_lines_of_the_worker_name_the_job() -> None:
    with collect_lines("line") as output, Heartbeat("worker").working_on("queued emails"):
        logging.getLogger("test").warning("Slow")
    assert output.getvalue().endswith("WARNING test [queued emails]: Slow\n")
