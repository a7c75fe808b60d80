"""Bounces and complaints stop emails to a subscriber, and too many complaints pause the campaign."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from newsletter.models import (
    ConsentEvent,
    NewsletterSettings,
    Subscriber,
    Suppression,
    WebhookEvent,
)
from tests.factories import make_campaign, make_subscriber
from tests.newsletter.delivery.provider_events import (
    bounce,
    complaint,
    delivered,
    event,
    make_sent_delivery,
    post_event,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postmark")]


def test_hard_bounce_removes_the_subscriber_at_once() -> None:
    subscriber = make_subscriber()
    delivery = make_sent_delivery(subscriber)
    assert post_event(bounce(delivery)) == 200
    subscriber.refresh_from_db()
    delivery.refresh_from_db()
    assert (subscriber.status, delivery.status) == ("bounced", "sent")
    assert delivery.bounced_at
    assert delivery.provider_id == "provider-id"
    assert not Subscriber.objects.mailable().exists()
    assert Suppression.objects.for_email(subscriber.email).get().reason == "bounced"
    consent_event = ConsentEvent.objects.get()
    assert (consent_event.kind, consent_event.form, consent_event.note) == ("bounced", "provider", "postmark")
    webhook_event = WebhookEvent.objects.get()
    assert (webhook_event.provider, webhook_event.kind, webhook_event.delivery) == ("postmark", "bounced", delivery)


@pytest.mark.parametrize("status", ["pending", "active", "unsubscribed", "bounced", "complained"])
def test_complaint_counts_in_every_status(status: str) -> None:
    delivery = make_sent_delivery(make_subscriber(status=status))
    assert post_event(complaint(delivery)) == 200
    delivery.refresh_from_db()
    assert delivery.complained_at
    assert Subscriber.objects.get().status == "complained"
    assert Suppression.objects.filter(reason="complained").count() == (status != "complained")


@pytest.mark.parametrize("make_event", [bounce, complaint])
def test_late_event_does_not_affect_a_subscriber_who_confirmed_again(make_event: Any) -> None:
    subscriber = make_subscriber(confirmed_at=timezone.now() - timedelta(days=9))
    delivery = make_sent_delivery(subscriber)
    body = make_event(delivery)
    subscriber.unsubscribe()
    again = Subscriber.objects.get()
    again.confirm()
    assert post_event(body) == 200
    delivery.refresh_from_db()
    assert delivery.bounced_at or delivery.complained_at
    assert Subscriber.objects.mailable().get() == subscriber
    assert post_event(make_event(delivery)) == 200
    assert not Subscriber.objects.mailable().exists()


def test_bounce_does_not_replace_a_complaint_or_an_unsubscribe() -> None:
    for status in ("unsubscribed", "complained"):
        subscriber = make_subscriber(status=status)
        assert post_event(bounce(make_sent_delivery(subscriber))) == 200
        subscriber.refresh_from_db()
        assert subscriber.status == status


def test_unsubscribe_at_the_provider_unsubscribes_here() -> None:
    subscriber = make_subscriber()
    fields = {"SuppressSending": True, "SuppressionReason": "ManualSuppression"}
    assert post_event(event("SubscriptionChange", make_sent_delivery(subscriber), **fields)) == 200
    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"


def test_soft_bounces_count_once_a_day_until_a_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    today = [date(2026, 3, 1)]
    monkeypatch.setattr("newsletter.models.subscribers.timezone.localdate", lambda: today[0])
    subscriber = make_subscriber()

    def soft_bounces_after(days: int, *events: Any) -> tuple[int, str]:
        today[0] += timedelta(days=days)
        for each in events:
            assert post_event(each) == 200
        subscriber.refresh_from_db()
        return subscriber.soft_bounce_count, subscriber.status

    delivery = make_sent_delivery(subscriber)
    assert soft_bounces_after(
        0, bounce(delivery, "SoftBounce"), bounce(delivery, "SoftBounce"), bounce(delivery, "Transient")
    ) == (1, "active")
    assert soft_bounces_after(1, bounce(delivery, "SoftBounce")) == (2, "active")
    assert soft_bounces_after(0, delivered(make_sent_delivery(subscriber))) == (0, "active")
    assert soft_bounces_after(1, bounce(delivery, "SoftBounce")) == (1, "active")
    assert soft_bounces_after(31, bounce(delivery, "SoftBounce")) == (1, "active"), (
        "A bounce from a month ago no longer counts."
    )
    for number in (2, 3, 4):
        assert soft_bounces_after(1, bounce(delivery, "SoftBounce")) == (number, "active")
    assert soft_bounces_after(1, bounce(delivery, "SoftBounce")) == (5, "bounced")
    assert Suppression.objects.for_email(subscriber.email).get().reason == "bounced"


@pytest.mark.parametrize(
    "kind", ["Blocked", "DMARCPolicy", "Unconfirmed", "SMTPApiError", "VirusNotification", "AutoResponder"]
)
def test_rejection_of_the_sender_does_not_affect_the_subscriber(kind: str) -> None:
    subscriber = make_subscriber()
    assert post_event(bounce(make_sent_delivery(subscriber), kind)) == 200
    subscriber.refresh_from_db()
    assert subscriber.status == "active"


def test_erased_subscriber_stays_erased() -> None:
    subscriber = make_subscriber()
    delivery = make_sent_delivery(subscriber)
    subscriber.erase()
    assert post_event(complaint(delivery)) == 200
    delivery.refresh_from_db()
    assert delivery.complained_at
    assert delivery.to_email == ""
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "erased"


def test_too_many_complaints_pause_the_campaign() -> None:
    NewsletterSettings.objects.create(pause_complaint_percent="1.00")
    campaign = make_campaign(status="sending")
    deliveries = [make_sent_delivery(make_subscriber(), campaign=campaign) for _ in range(300)]
    for number, delivery in enumerate(deliveries[:4], start=1):
        assert post_event(complaint(delivery)) == 200
        campaign.refresh_from_db()
        assert campaign.status == ("paused" if number == 4 else "sending")
    assert campaign.pause_reason.startswith("4 of 300 subscribers marked this email as spam.")


def test_two_complaints_do_not_pause_a_small_campaign() -> None:
    campaign = make_campaign(status="sending")
    for delivery in [make_sent_delivery(make_subscriber(), campaign=campaign) for _ in range(3)][:2]:
        assert post_event(complaint(delivery)) == 200
    campaign.refresh_from_db()
    assert campaign.status == "sending"


def test_finished_campaign_is_not_paused() -> None:
    campaign = make_campaign(status="sent")
    for delivery in [make_sent_delivery(make_subscriber(), campaign=campaign) for _ in range(4)]:
        assert post_event(complaint(delivery)) == 200
    campaign.refresh_from_db()
    assert campaign.status == "sent"
