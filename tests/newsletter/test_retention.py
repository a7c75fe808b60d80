"""What is kept, and for how long."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from newsletter.models import ConsentEvent, Delivery, Subscriber, Suppression, WebhookEvent
from tests.factories import make_campaign, make_delivery, make_subscriber


@pytest.mark.django_db
def test_what_nobody_needs_any_more_is_erased_in_time() -> None:
    now = timezone.now()
    long_ago, lately = now - timedelta(days=1096), now - timedelta(days=1094)
    reader = make_subscriber()
    left = {days: make_subscriber(status="unsubscribed", status_changed_at=days) for days in (long_ago, lately)}
    for person in (reader, *left.values()):
        Suppression.objects.add(person.email_hash, "unsubscribed")
        ConsentEvent.objects.record("requested", person, occurred_at=long_ago - timedelta(days=9))
    ConsentEvent.objects.record("unsubscribed", left[long_ago], occurred_at=long_ago)
    ConsentEvent.objects.record("unsubscribed", left[lately], occurred_at=lately)
    ended = make_campaign(status="sent", finished_at=now - timedelta(days=91))
    young = make_campaign(status="sent", finished_at=now - timedelta(days=89))
    mails = [make_delivery(campaign=campaign, status="sent", subscriber=reader) for campaign in (ended, young)]
    waits = make_delivery(campaign=make_campaign(status="paused"))
    for number, days in enumerate((91, 89)):
        told = WebhookEvent.objects.create(provider="x", event_id=number, kind="bounced", delivery=mails[0])
        WebhookEvent.objects.filter(pk=told.pk).update(received_at=now - timedelta(days=days))
    call_command("worker", once=True)
    assert set(Subscriber.objects.all()) == {reader, left[lately]}
    assert Suppression.objects.count() == 3
    assert not ConsentEvent.objects.filter(email_hash=left[long_ago].email_hash).exists()
    assert ConsentEvent.objects.filter(email_hash=left[lately].email_hash).count() == 2
    assert ConsentEvent.objects.filter(email_hash=reader.email_hash).count() == 1
    kept = list(Delivery.objects.order_by("pk").values_list("status", "to_email"))
    assert kept == [("sent", ""), ("sent", mails[1].to_email), ("pending", waits.to_email)]
    assert WebhookEvent.objects.get().event_id == "1"
