"""Errors are emailed to those who run the site: what and where, but nothing about the visitor, and not too often."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils.log import AdminEmailHandler
from pytest_django import Settings

from contact.forms import ContactForm
from newsletter import views
from operations import error_emails
from operations.heartbeat import Heartbeat
from public_forms.forms import issue_token

ORIGIN = {"origin": "http://testserver"}


@pytest.fixture(autouse=True)
def setup(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.ADMINS = ["ops@example.com"]
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(error_emails, "_sent", {})
    yield
    wait_for_emails()


def wait_for_emails() -> None:
    for thread in threading.enumerate():
        if thread.name == "error email":
            thread.join(10)


def fail(error: Exception) -> None:
    try:
        raise error
    except Exception:
        logging.getLogger("test").exception("It failed for %s", "ann@example.org")


@pytest.mark.django_db
@pytest.mark.any_database
def test_an_email_says_where_but_nothing_about_the_visitor(
    monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    def save_message(form: ContactForm) -> None:
        raise ValueError(f"Key (email)=({form.cleaned_data['email']}) {form.cleaned_data['body']}")

    monkeypatch.setattr(ContactForm, "save_message", save_message)
    client = Client(raise_request_exception=False, REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="Agent of Ottilie")
    client.cookies[settings.SESSION_COOKIE_NAME] = "session-of-ottilie"
    data = {"name": "Ottilie", "email": "ottilie@example.net", "subject": "Slipped disc", "body": "It hurts at night."}
    token = issue_token("contact", age=60)
    response = client.post("/contact/?token=from-an-email", data | {"token": token}, headers=ORIGIN)
    assert response.status_code == 500
    wait_for_emails()
    [email] = mailoutbox
    assert email.to == ["ops@example.com"]
    text = f"{email.subject}\n{email.body}"
    assert "ValueError in tests/operations/test_error_emails.py, line " in email.subject
    assert f"Request: {response['X-Request-ID']}" in text
    assert "Route: POST /contact/\n" in text
    assert "contact/views.py, line " in text
    sent = ["Ottilie", "ottilie", "Slipped", "hurts", token, "from-an-email", "203.0.113.77"]
    assert [value for value in sent if value in text] == []


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_token_of_a_link_is_not_in_the_email(
    monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    monkeypatch.setattr(views, "_get_subscriber", lambda request, token, purpose: 1 / 0)
    Client(raise_request_exception=False).get("/newsletter/confirm/abc:secret-of-a-reader/")
    wait_for_emails()
    [email] = mailoutbox
    assert "Route: GET /newsletter/confirm/<token>/" in email.body
    assert "secret-of-a-reader" not in f"{email.subject}{email.body}"


def test_the_same_error_is_emailed_three_times_an_hour(
    mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        fail(ValueError(f"Another text {number}"))
    fail(KeyError("another error"))
    # Another process of this machine has no memory of these.
    error_emails._sent.clear()
    fail(ValueError("once more"))
    wait_for_emails()
    assert [email.subject.count("ValueError") for email in mailoutbox].count(1) == 3
    assert len(mailoutbox) == 4
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3601)
    fail(ValueError("an hour later"))
    wait_for_emails()
    assert len(mailoutbox) == 5


def test_emails_are_limited_without_a_writable_folder(
    mailoutbox: list[EmailMessage], settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file"
    for _ in range(5):
        fail(OSError("No space left on device"))
    wait_for_emails()
    assert len(mailoutbox) == 3


@pytest.mark.django_db
@pytest.mark.any_database
def test_what_strangers_can_cause_is_not_emailed(client: Client, mailoutbox: list[EmailMessage]) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/nothing-here/").status_code == 404
    wait_for_emails()
    assert mailoutbox == []


def test_nobody_is_emailed_without_the_setting(mailoutbox: list[EmailMessage], settings: Settings) -> None:
    settings.ADMINS = []
    fail(ValueError())
    wait_for_emails()
    assert mailoutbox == []


def test_errors_of_jobs_name_the_job_and_only_the_fixed_part_of_messages(mailoutbox: list[EmailMessage]) -> None:
    with Heartbeat("worker").working_on("queued emails"):
        logging.getLogger("test").error("No answer from %s", "ann@example.org")
    wait_for_emails()
    [email] = mailoutbox
    assert "Job: queued emails" in email.body
    assert email.subject == "Error at http://testserver: No answer from %s"


def test_a_mail_server_that_is_gone_causes_no_second_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(email: EmailMessage) -> Any:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", refuse)
    fail(ValueError())
    wait_for_emails()
    expected = "An email about an error could not be sent: ConnectionRefusedError"
    assert [text.startswith(expected) for text in sorted(caplog.messages)] == [True, False]


def test_djangos_own_error_emails_are_off() -> None:
    # They contain the whole request.
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    handlers = [handler for logger in loggers for handler in logger.handlers]
    assert any(isinstance(handler, error_emails.ErrorEmailHandler) for handler in handlers)
    assert [handler for handler in handlers if isinstance(handler, AdminEmailHandler)] == []
