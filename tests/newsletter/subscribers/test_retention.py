"""How long the worker keeps subscribers and what belongs to them."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from newsletter.models import ConsentEvent, Delivery, Subscriber, Suppression, WebhookEvent
from tests.factories import make_campaign, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def test_unconfirmed_subscribers_are_deleted_after_a_week_without_a_hash() -> None:
    now = timezone.now()
    expired = make_subscriber(
        status="pending", confirmed_at=None, confirmation_requested_at=now - timedelta(days=7, minutes=1)
    )
    expired.transactional_emails.create(kind="confirm")
    remaining = {
        make_subscriber(status="pending", confirmed_at=None, confirmation_requested_at=now - timedelta(days=6)),
        make_subscriber(status="unsubscribed", confirmation_requested_at=now - timedelta(days=30)),
        make_subscriber(confirmation_requested_at=now - timedelta(days=30)),
    }
    call_command("worker", once=True)
    assert set(Subscriber.objects.all()) == remaining
    assert Suppression.objects.count() == 0


def test_old_data_is_deleted_when_its_period_ends() -> None:
    now = timezone.now()
    expired_at, recent_at = now - timedelta(days=1096), now - timedelta(days=1094)
    active = make_subscriber()
    expired = make_subscriber(status="unsubscribed", status_changed_at=expired_at)
    recent = make_subscriber(status="unsubscribed", status_changed_at=recent_at)
    for subscriber in (active, expired, recent):
        Suppression.objects.add(subscriber.email_hash, "unsubscribed")
        ConsentEvent.objects.record("requested", subscriber, occurred_at=expired_at - timedelta(days=9))
    ConsentEvent.objects.record("unsubscribed", expired, occurred_at=expired_at)
    ConsentEvent.objects.record("unsubscribed", recent, occurred_at=recent_at)
    old_campaign = make_campaign(status="sent", finished_at=now - timedelta(days=91))
    recent_campaign = make_campaign(status="sent", finished_at=now - timedelta(days=89))
    old = make_delivery(campaign=old_campaign, status="sent", subscriber=active)
    new = make_delivery(campaign=recent_campaign, status="sent", subscriber=active)
    pending = make_delivery(campaign=make_campaign(status="paused"))
    for number, days in enumerate((91, 89)):
        event = WebhookEvent.objects.create(provider="x", event_id=number, kind="bounced", delivery=old)
        WebhookEvent.objects.filter(pk=event.pk).update(received_at=now - timedelta(days=days))
    call_command("worker", once=True)
    assert set(Subscriber.objects.all()) == {active, recent}
    assert Suppression.objects.count() == 3
    event_counts = [
        ConsentEvent.objects.filter(email_hash=subscriber.email_hash).count()
        for subscriber in (expired, recent, active)
    ]
    assert event_counts == [0, 2, 1]
    rows = list(Delivery.objects.order_by("pk").values_list("status", "to_email"))
    assert rows == [("sent", ""), ("sent", new.to_email), ("pending", pending.to_email)]
    assert WebhookEvent.objects.get().event_id == "1"
