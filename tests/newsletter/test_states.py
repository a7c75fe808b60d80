"""Three machines: what leads from each state to each other, and what the database itself refuses."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from newsletter.models import (
    AnnouncedPost,
    Campaign,
    Delivery,
    InvalidTransition,
    NewsletterSettings,
    SendWindow,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
    WebhookEvent,
)
from newsletter.models.campaigns import CampaignFrozenError
from tests.factories import make_campaign, make_delivery, make_post, make_subscriber

pytestmark = pytest.mark.django_db

SUBSCRIBER = {
    "pending": {"active", "bounced", "complained"},
    "active": {"unsubscribed", "bounced", "complained"},
    "unsubscribed": {"active", "complained"},
    "bounced": {"active", "unsubscribed", "complained"},
    "complained": {"active"},
}
CAMPAIGN = {
    "draft": {"scheduled"},
    "scheduled": {"draft", "preparing", "cancelled"},
    "preparing": {"sending", "cancelled"},
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
MACHINES: dict[str, tuple[Callable[..., models.Model], str, dict[str, set[str]]]] = {
    "subscriber": (lambda status: make_subscriber(status=status), "status", SUBSCRIBER),
    "campaign": (lambda status: make_campaign(status=status), "status", CAMPAIGN),
    "delivery": (lambda status: make_delivery(status=status), "status", DELIVERY),
}
PAIRS = [(name, *pair) for name, (_, _, table) in MACHINES.items() for pair in product(table, repeat=2)]


def claim(to: str) -> dict[str, Any]:
    return {"owner": "worker", "lease_until": timezone.now() + timedelta(minutes=5)} if to == "claimed" else {}


@pytest.mark.parametrize(("machine", "here", "there"), PAIRS)
def test_a_row_moves_along_the_table_only(machine: str, here: str, there: str) -> None:
    make, field, table = MACHINES[machine]
    row = make(here)
    rows: Any = type(row)._default_manager
    if there in table[here]:
        assert rows.filter(pk=row.pk).transition(here, there, **claim(there)) == 1
        # Whoever comes second finds it done.
        assert rows.filter(pk=row.pk).transition(here, there, **claim(there)) == 0
        expected = there
    else:
        with pytest.raises(InvalidTransition):
            rows.filter(pk=row.pk).transition(here, there)
        expected = here
    row.refresh_from_db()
    assert getattr(row, field) == expected


@pytest.mark.parametrize(("machine", "here"), [(name, status) for name, each in MACHINES.items() for status in each[2]])
def test_a_row_in_another_state_than_expected_stays(machine: str, here: str) -> None:
    make, field, table = MACHINES[machine]
    row = make(here)
    rows: Any = type(row)._default_manager
    for other in set(table) - {here}:
        for there in table[other]:
            assert rows.filter(pk=row.pk).transition(other, there, **claim(there)) == 0
    row.refresh_from_db()
    assert getattr(row, field) == here


@pytest.mark.parametrize("machine", MACHINES)
def test_the_database_refuses_an_unknown_state(machine: str) -> None:
    make, field, table = MACHINES[machine]
    row = make(next(iter(table)))
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row)._default_manager.filter(pk=row.pk).update(**{field: "gone"})


# ---- What a move brings along -----------------------------------------------------------------------


def test_who_leaves_takes_all_old_links_along_and_who_confirms_is_dated() -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None, soft_bounce_count=3)
    rows = Subscriber.objects.filter(pk=subscriber.pk)
    rows.transition("pending", "active")
    subscriber.refresh_from_db()
    assert subscriber.confirmed_at is not None
    assert (subscriber.soft_bounce_count, subscriber.token_version) == (0, 0)
    rows.transition("active", "unsubscribed")
    subscriber.refresh_from_db()
    assert subscriber.token_version == 1


def test_nobody_is_on_the_list_unconfirmed() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_subscriber(confirmed_at=None)


def test_a_claim_has_an_owner_and_ends_with_the_state() -> None:
    delivery = make_delivery()
    rows = Delivery.objects.filter(pk=delivery.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.transition("pending", "claimed")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(owner="worker")
    rows.transition("pending", "claimed", **claim("claimed"))
    rows.transition("claimed", "sent", code="250")
    delivery.refresh_from_db()
    assert (delivery.owner, delivery.lease_until, delivery.code) == ("", None, "250")
    assert delivery.sent_at is not None


def test_an_address_gets_one_mail_of_a_campaign() -> None:
    delivery = make_delivery()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_delivery(campaign=delivery.campaign, email_hash=delivery.email_hash)
    make_delivery(email_hash=delivery.email_hash)


def test_a_post_is_mailed_once_ever_but_may_be_written_about() -> None:
    post = make_post()
    make_campaign(kind="post", post=post, status="cancelled")
    make_campaign(kind="manual", post=post)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_campaign(kind="post", post=post)


@pytest.mark.parametrize("status", ["sending", "paused", "sent"])
def test_nothing_is_sent_that_is_not_prepared(status: str) -> None:
    for lacking in ({"prepared_at": None}, {"total": None}, {"frozen_sha256": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_campaign(status=status, **lacking)


@pytest.mark.parametrize("status", CAMPAIGN)
def test_words_are_locked_once_a_campaign_has_begun(status: str) -> None:
    campaign = make_campaign(status=status)
    campaign.subject = "Other words"
    if status in {"draft", "scheduled"}:
        campaign.save()
        return
    with pytest.raises(CampaignFrozenError):
        campaign.save()
    campaign.refresh_from_db()
    campaign.is_in_archive = False
    campaign.save()


def test_what_goes_out_is_frozen_once() -> None:
    campaign = make_campaign(status="preparing", frozen_sha256="")
    rows = Campaign.objects.filter(pk=campaign.pk)
    assert rows.freeze(slug="a-1", subject="A", html="<p>b</p>", text="b") == 1
    assert rows.freeze(slug="b-1", subject="Other", html="", text="") == 0
    campaign.refresh_from_db()
    assert (campaign.frozen_subject, len(campaign.frozen_sha256)) == ("A", 64)


def test_a_campaign_whose_time_is_over_never_begins() -> None:
    now = timezone.now()
    times = {"due": (-1, 1), "stale": (-30, -6), "later": (1, 2)}
    for subject, (start, end) in times.items():
        make_campaign(
            subject=subject,
            status="scheduled",
            scheduled_at=now + timedelta(hours=start),
            not_after=now + timedelta(hours=end),
        )
    assert [campaign.subject for campaign in Campaign.objects.due()] == ["due"]


def test_the_counts_of_all_states_add_up() -> None:
    campaign = make_campaign()
    for status in DELIVERY:
        make_delivery(campaign=campaign, status=status)
    assert campaign.deliveries.count_by_status() == dict.fromkeys(DELIVERY, 1)
    assert campaign.deliveries.open().count() == 4
    assert {row.status for row in campaign.deliveries.due()} == {"pending", "deferred"}


# ---- Who is mailed ----------------------------------------------------------------------------------


def test_mail_goes_only_to_who_confirmed_and_neither_pauses_nor_is_suppressed() -> None:
    now = timezone.now()
    expected = {make_subscriber(), make_subscriber(paused_until=now - timedelta(days=1))}
    for status in set(SUBSCRIBER) - {"active"}:
        make_subscriber(status=status)
    make_subscriber(paused_until=now + timedelta(days=1))
    Suppression.objects.add(make_subscriber().email_hash, "manual")
    assert set(Subscriber.objects.mailable()) == expected


def test_an_audience_wants_the_topic_at_the_pace_of_the_campaign() -> None:
    topic, other = Topic.objects.create(name="New posts", slug="new"), Topic.objects.create(name="Notes", slug="notes")
    instant, weekly, never, elsewhere = (make_subscriber() for _ in range(4))
    for subscriber, fields in (
        (instant, {"topic": topic}),
        (weekly, {"topic": topic, "cadence": "weekly"}),
        (never, {"topic": topic, "is_subscribed": False}),
        (elsewhere, {"topic": other}),
    ):
        Subscription.objects.create(subscriber=subscriber, **fields)
    assert set(make_campaign(kind="post", topic=topic).audience()) == {instant}
    digest = make_campaign(kind="digest", topic=topic)
    AnnouncedPost.objects.create(post=make_post(), digest=digest)
    assert set(digest.audience()) == {weekly}
    # What is written by hand is gathered nowhere.
    assert set(make_campaign(topic=topic).audience()) == {instant, weekly}
    assert set(make_campaign().audience()) == {instant, weekly, elsewhere}


def test_the_same_window_and_the_same_event_are_counted_once() -> None:
    profile, now = NewsletterSettings.objects.create(max_per_hour=10), timezone.now()
    assert profile.rate_limits() == {"hour": 10}
    SendWindow.objects.create(newsletter_settings=profile, period="hour", starts_at=now)
    WebhookEvent.objects.create(provider="x", event_id="1", kind="bounced")
    with pytest.raises(IntegrityError), transaction.atomic():
        SendWindow.objects.create(newsletter_settings=profile, period="hour", starts_at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookEvent.objects.create(provider="x", event_id="1", kind="bounced")
