"""Subscribers."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from newsletter.models import (
    Subscriber,
    Suppression,
)
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db


def test_an_active_subscriber_has_confirmed() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_subscriber(confirmed_at=None)


def test_only_active_unpaused_and_unsuppressed_subscribers_are_mailable() -> None:
    now = timezone.now()
    expected = {make_subscriber(), make_subscriber(paused_until=now - timedelta(days=1))}
    for status in set(Subscriber.Status.values) - {"active"}:
        make_subscriber(status=status)
    make_subscriber(paused_until=now + timedelta(days=1))
    Suppression.objects.add(make_subscriber().email_hash, "manual")
    assert set(Subscriber.objects.mailable()) == expected
