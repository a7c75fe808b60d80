"""Deliveries and webhook events."""

import pytest
from django.db import IntegrityError, transaction

from newsletter.models import (
    Delivery,
    WebhookEvent,
)
from tests.factories import make_campaign, make_delivery

pytestmark = pytest.mark.django_db


def test_an_email_address_gets_a_campaign_once() -> None:
    delivery = make_delivery()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_delivery(campaign=delivery.campaign, email_hash=delivery.email_hash)
    make_delivery(email_hash=delivery.email_hash)


def test_deliveries_are_counted_in_every_status() -> None:
    campaign = make_campaign()
    for status in Delivery.Status.values:
        make_delivery(campaign=campaign, status=status)
    assert campaign.deliveries.count_by_status() == dict.fromkeys(Delivery.Status.values, 1)
    assert campaign.deliveries.open().count() == 4
    assert {row.status for row in campaign.deliveries.due()} == {"pending", "deferred"}


def test_a_webhook_event_is_stored_once() -> None:
    WebhookEvent.objects.create(provider="x", event_id="1", kind="bounced")
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookEvent.objects.create(provider="x", event_id="1", kind="bounced")
