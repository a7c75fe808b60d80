"""Status changes of subscribers, campaigns and deliveries."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from newsletter.models import Delivery, InvalidTransition, Subscriber
from tests.factories import make_campaign, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

SUBSCRIBER = {
    "pending": {"active", "unsubscribed", "bounced", "complained"},
    "active": {"unsubscribed", "bounced", "complained"},
    "unsubscribed": {"active", "complained"},
    "bounced": {"active", "unsubscribed", "complained"},
    "complained": {"active"},
}
CAMPAIGN = {
    "draft": {"scheduled"},
    "scheduled": {"draft", "preparing", "cancelled"},
    "preparing": {"draft", "sending", "cancelled"},
    "sending": {"paused", "sent", "cancelled"},
    "paused": {"sending", "cancelled"},
    "sent": {"sending"},
    "cancelled": set(),
}
DELIVERY = {
    "pending": {"claimed", "skipped"},
    "claimed": {"sent", "deferred", "failed", "uncertain", "skipped", "pending"},
    "deferred": {"pending", "claimed", "skipped", "failed"},
    "uncertain": {"sent", "pending"},
    "failed": {"pending"},
    "sent": set(),
    "skipped": set(),
}
MODELS: dict[str, tuple[Callable[..., models.Model], dict[str, set[str]]]] = {
    "subscriber": (make_subscriber, SUBSCRIBER),
    "campaign": (make_campaign, CAMPAIGN),
    "delivery": (make_delivery, DELIVERY),
}
PAIRS = [(name, *pair) for name, (_, transitions) in MODELS.items() for pair in product(transitions, repeat=2)]


def claim_fields(to: str) -> dict[str, Any]:
    """Return the values that a transition to `to` requires."""
    return {"owner": "worker", "lease_until": timezone.now() + timedelta(minutes=5)} if to == "claimed" else {}


@pytest.mark.parametrize(("model", "current", "to"), PAIRS)
def test_a_status_changes_only_as_the_table_allows(model: str, current: str, to: str) -> None:
    make, transitions = MODELS[model]
    row: Any = make(status=current)
    rows: Any = type(row)._default_manager.filter(pk=row.pk)
    if to in transitions[current]:
        assert rows.transition(current, to, **claim_fields(to)) == 1
        # A second process that tries the same changes nothing.
        assert rows.transition(current, to, **claim_fields(to)) == 0
        expected = to
    else:
        with pytest.raises(InvalidTransition):
            rows.transition(current, to)
        expected = current
    row.refresh_from_db()
    assert row.status == expected


@pytest.mark.parametrize(
    ("model", "current"), [(name, status) for name, (_, transitions) in MODELS.items() for status in transitions]
)
def test_a_row_with_another_status_than_expected_does_not_change(model: str, current: str) -> None:
    make, transitions = MODELS[model]
    row: Any = make(status=current)
    rows: Any = type(row)._default_manager.filter(pk=row.pk)
    for other in set(transitions) - {current}:
        for to in transitions[other]:
            assert rows.transition(other, to, **claim_fields(to)) == 0
    row.refresh_from_db()
    assert row.status == current


@pytest.mark.parametrize("model", MODELS)
def test_the_database_rejects_an_unknown_status(model: str) -> None:
    make, transitions = MODELS[model]
    row = make(status=next(iter(transitions)))
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row)._default_manager.filter(pk=row.pk).update(status="gone")


def test_confirming_sets_the_time_and_unsubscribing_invalidates_tokens() -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None, soft_bounce_count=3)
    rows = Subscriber.objects.filter(pk=subscriber.pk)
    rows.transition("pending", "active")
    subscriber.refresh_from_db()
    assert subscriber.confirmed_at is not None
    assert (subscriber.soft_bounce_count, subscriber.token_version) == (0, 0)
    rows.transition("active", "unsubscribed")
    subscriber.refresh_from_db()
    assert subscriber.token_version == 1


def test_a_claim_needs_an_owner_and_ends_with_the_next_transition() -> None:
    delivery = make_delivery()
    rows = Delivery.objects.filter(pk=delivery.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.transition("pending", "claimed")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(owner="worker")
    rows.transition("pending", "claimed", **claim_fields("claimed"))
    rows.transition("claimed", "sent", code="250")
    delivery.refresh_from_db()
    assert (delivery.owner, delivery.lease_until, delivery.code) == ("", None, "250")
    assert delivery.sent_at is not None
