"""Messages and replies are emailed exactly once, even after the mail server or a worker fails."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import mailers as djangos_mailers
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contact.email_delivery import delivery_problem
from contact.models import ContactSettings, Message, Reply
from outbox import sending
from ptcomplete.email_settings import mailers
from siteinfo.models import SiteInfo
from tests.contact.factories import INBOX, OWNER, make_emails_due, make_message, parse, reply, send
from tests.mail_server import Mailbox, free_port, mail_server


@pytest.mark.django_db
def test_emails_are_sent_once_after_the_mail_server_was_down(
    client: Client, admin_client: Client, settings: Settings
) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    mailbox = Mailbox()
    with mail_server(settings, mailbox) as port:
        pass  # stop the server again
    assert send(client).status_code == send(client, subject="Another").status_code == 303
    assert (
        reply(admin_client, make_message(subject="A third", sent_at=timezone.now(), next_attempt_at=None)).status_code
        == 302
    )
    assert sending.send_due_emails() == 3
    assert sending.send_due_emails() == 0  # not again immediately
    assert {row.sent_at for row in Message.objects.unhandled()} == {None}
    assert "The mail server refused the connection" in delivery_problem()
    assert delivery_problem() in parse(admin_client.get(INBOX).content).text_content()
    with mail_server(settings, mailbox, port):
        assert sending.send_due_emails() == 0
        make_emails_due()
        assert sending.send_due_emails() == 3
        make_emails_due()
        assert sending.send_due_emails() == 0
    assert sorted(mail["Subject"].split(" (")[0] for mail in mailbox.messages) == ["A talk", "Another", "Re: A third"]
    assert delivery_problem() == ""


@pytest.mark.django_db
def test_attempts_back_off_from_five_minutes_to_a_day(settings: Settings) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    settings.MAILERS = mailers(f"smtp://127.0.0.1:{free_port()}")
    row, delays = make_message(), []
    for _ in range(12):
        make_emails_due()
        assert sending.send_due_emails() == 1
        row.refresh_from_db()
        assert row.next_attempt_at
        delays.append(round((row.next_attempt_at - timezone.now()) / timedelta(minutes=5)))
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 288, 288, 288]


@pytest.mark.parametrize(
    "was_accepted", [False, True], ids=["before the server accepts it", "after the server accepts it"]
)
def test_an_email_interrupted_by_a_crash_is_sent_again_with_the_same_message_id(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, was_accepted: bool
) -> None:
    row = make_message()
    backend = type(djangos_mailers.default)
    really_send = backend.send_messages

    def crash(mailer: Any, mails: Any) -> int:
        if was_accepted:
            really_send(mailer, mails)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(backend, "send_messages", crash)
        with pytest.raises(SystemExit):
            sending.send_due_emails()
    assert sending.send_due_emails() == 0  # still claimed: its sender may be running
    make_emails_due()
    assert sending.send_due_emails() == 1
    assert sending.send_due_emails() == 0
    assert len(mailbox.messages) == (2 if was_accepted else 1)
    assert {mail["Message-ID"] for mail in mailbox.messages} == {f"<{row.message_uuid}@testserver>"}


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_send_each_email_once(settings: Settings) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    for number in range(20):
        make_message(subject=f"Number {number}")

    def work(_: int) -> int:
        try:
            return sending.send_due_emails()
        finally:
            connection.close()

    mailbox = Mailbox()
    with mail_server(settings, mailbox), ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, range(4))) == 20
    assert sorted(mail["Subject"] for mail in mailbox.messages) == sorted(
        f"Number {number} (message to My practice blog)" for number in range(20)
    )


def test_temporary_rejections_are_retried_and_permanent_ones_are_not(mailbox: Mailbox) -> None:
    for name, code in (("gone", "550 <No such> user"), ("busy", "450 Try later")):
        mailbox.rejections[f"{name}@example.org"] = code
        Reply.objects.create(message=make_message(email=f"{name}@example.org", status="answered"), body="Hello.")
    Reply.objects.create(message=make_message(status="answered"), body="Hello.")
    assert sending.send_due_emails() == 3
    assert [recipients for _, recipients in mailbox.envelopes] == [
        ["sam@example.org"]
    ]  # one failure does not stop the others
    gone, busy = Reply.objects.failed()
    assert gone.last_error == "The mail server rejected the recipient's email address: 550 <No such> user"
    assert (gone.next_attempt_at, busy.next_attempt_at is None) == (None, False)
    assert "won't be retried" in gone.status_text
    mailbox.rejections.clear()
    make_emails_due()
    assert sending.send_due_emails() == 1
    assert Reply.objects.retry_failed() == sending.send_due_emails() == 1
    assert len(mailbox.messages) == 3


@pytest.mark.django_db
def test_without_a_recipient_or_mail_server_messages_wait_and_the_admin_says_why(
    client: Client, settings: Settings
) -> None:
    send(client)
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        assert sending.send_due_emails() == 0
        assert "Messages are not emailed" in delivery_problem()
        SiteInfo.objects.create(email="public@example.com")
        assert delivery_problem() == ""
        settings.MAILERS = {}
        assert sending.send_due_emails() == 0
        assert "no mail server is set" in delivery_problem()
    assert Message.objects.get().attempts == 0


@pytest.mark.django_db
def test_a_handled_message_is_not_emailed(settings: Settings) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    make_message(status="spam")
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        assert sending.send_due_emails() == 0
    assert mailbox.messages == []


@pytest.mark.django_db
def test_constraints_keep_sent_and_handled_times_consistent() -> None:
    make_message()
    for values in ({"sent_at": timezone.now()}, {"status": "answered"}, {"handled_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.update(**values)
