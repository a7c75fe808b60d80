"""Transactional emails to subscribers."""

from datetime import timedelta

from django.utils import timezone

from newsletter.models import SubscriberEmail
from outbox import sending
from tests.factories import make_subscriber
from tests.mail_server import Mailbox


def test_an_email_that_no_longer_fits_the_subscribers_status_is_not_sent(mailbox: Mailbox) -> None:
    active, former = make_subscriber(), make_subscriber(status="unsubscribed")
    not_needed = [
        active.transactional_emails.create(kind="confirm"),
        former.transactional_emails.create(kind="welcome"),
        former.transactional_emails.create(kind="manage"),
    ]
    expired = make_subscriber().transactional_emails.create(kind="manage")
    SubscriberEmail.objects.filter(pk=expired.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert sending.send_due_emails() == len(not_needed) + 1
    assert sending.send_due_emails() == 0
    assert mailbox.messages == []
