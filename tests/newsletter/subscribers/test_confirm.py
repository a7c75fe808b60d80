"""Confirming a subscription."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from newsletter.models import ConsentEvent, ConsentText, Subscriber, SubscriberEmail, Suppression
from newsletter.tokens import TokenPurpose
from outbox import sending
from tests.factories import make_subscriber
from tests.mail_server import Mailbox
from tests.newsletter.subscribers.public_pages import SAM, email_link, event_kinds, sign_up, token_path


@pytest.mark.django_db
@pytest.mark.parametrize("pk", ["", "0", "x", "9" * 30, "²", "-1"])
def test_an_invalid_consent_text_means_the_current_one(client: Client, pk: str) -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    client.post(token_path(subscriber, TokenPurpose.CONFIRM), {"consent_text": pk})
    assert ConsentEvent.objects.get(kind="confirmed").consent_text == ConsentText.objects.get(key="confirm")


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained"])
def test_a_former_subscriber_returns_only_with_a_new_confirmation(
    client: Client, mailbox: Mailbox, status: str
) -> None:
    subscriber = make_subscriber(email=SAM, status="pending", confirmed_at=None)
    used_path = token_path(subscriber, TokenPurpose.CONFIRM)
    client.post(used_path)
    subscriber.refresh_from_db()
    Subscriber.objects.transition("active", status)
    Suppression.objects.add(subscriber.email_hash, "complained")
    assert client.post(used_path).status_code == 404
    sign_up(client)
    sending.send_due_emails()
    assert Subscriber.objects.mailable().count() == 0
    client.post(email_link(mailbox.messages[-1], "confirm"))
    assert Subscriber.objects.mailable().count() == 1


@pytest.mark.django_db
def test_a_simultaneous_bounce_or_complaint_does_not_resubscribe_anyone() -> None:
    leaving, returning = make_subscriber(), make_subscriber(status="unsubscribed")
    Subscriber.objects.filter(pk=leaving.pk).transition("active", "bounced")
    leaving.unsubscribe()  # loaded before the bounce
    Subscriber.objects.filter(pk=returning.pk).transition("unsubscribed", "complained")
    returning.confirm()  # loaded before the complaint
    assert list(Subscriber.objects.order_by("pk").values_list("status", flat=True)) == ["unsubscribed", "complained"]
    assert Subscriber.objects.mailable().count() == SubscriberEmail.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_simultaneous_clicks_confirm_once() -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    path = token_path(subscriber, TokenPurpose.CONFIRM)

    def click(_: int) -> bool:
        try:
            return b"You're subscribed" in Client().post(path).content
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as executor:
        assert all(executor.map(click, range(8)))
    assert event_kinds(subscriber) == ["confirmed"]
    assert SubscriberEmail.objects.count() == subscriber.subscriptions.count() == 1
