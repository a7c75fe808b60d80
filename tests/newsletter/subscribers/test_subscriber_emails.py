"""Transactional emails to subscribers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Subscriber, SubscriberEmail
from outbox import sending
from tests.factories import make_subscriber
from tests.mail_server import Mailbox
from tests.newsletter.delivery.harness import make_newsletter_settings


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


@pytest.mark.django_db
def test_welcome_email_contains_the_custom_text_and_is_sent_once() -> None:
    make_newsletter_settings(welcome_text="Hello & <b>hi</b>.\n\nSee https://example.com/start")
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    subscriber.confirm()
    subscriber.unsubscribe()
    again = Subscriber.objects.get(pk=subscriber.pk)
    again.confirm()
    email = again.transactional_emails.get(kind="welcome").build_email()
    assert email is not None
    assert "Hello & <b>hi</b>.\n\nSee https://example.com/start\n" in email.body
    (html_body, _), *_ = email.alternatives
    assert "Hello &amp; &lt;b&gt;hi&lt;/b&gt;." in str(html_body)
    assert 'href="https://example.com/start"' in str(html_body)
