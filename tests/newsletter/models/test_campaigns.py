"""Constraints, freezing and audiences of campaigns."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from newsletter.models import (
    AnnouncedPost,
    Campaign,
    Subscription,
    Topic,
)
from newsletter.models.campaigns import CampaignFrozenError
from tests.factories import make_campaign, make_post, make_subscriber

pytestmark = pytest.mark.django_db


def test_a_post_has_one_automatic_campaign_and_any_number_of_manual_ones() -> None:
    post = make_post()
    make_campaign(kind="post", post=post, status="cancelled")
    make_campaign(kind="manual", post=post)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_campaign(kind="post", post=post)


@pytest.mark.parametrize("status", ["sending", "paused", "sent"])
def test_a_campaign_being_sent_is_prepared(status: str) -> None:
    for missing in ({"prepared_at": None}, {"total": None}, {"frozen_sha256": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_campaign(status=status, **missing)


@pytest.mark.parametrize("status", Campaign.Status.values)
def test_the_content_is_frozen_once_a_campaign_has_started(status: str) -> None:
    campaign = make_campaign(status=status)
    campaign.subject = "Another subject"
    if status in {"draft", "scheduled"}:
        campaign.save()
        return
    with pytest.raises(CampaignFrozenError):
        campaign.save()
    campaign.refresh_from_db()
    campaign.is_in_archive = False
    campaign.save()


def test_a_campaign_is_frozen_once() -> None:
    campaign = make_campaign(status="preparing", frozen_sha256="")
    rows = Campaign.objects.filter(pk=campaign.pk)
    assert rows.freeze(slug="a-1", subject="A", html="<p>b</p>", text="b") == 1
    assert rows.freeze(slug="b-1", subject="Other", html="", text="") == 0
    campaign.refresh_from_db()
    assert (campaign.frozen_subject, len(campaign.frozen_sha256)) == ("A", 64)


def test_a_campaign_past_its_deadline_is_not_due() -> None:
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


def test_an_audience_has_the_topic_and_cadence_of_the_campaign() -> None:
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
    # Manual campaigns are not part of digests.
    assert set(make_campaign(topic=topic).audience()) == {instant, weekly}
    assert set(make_campaign().audience()) == {instant, weekly, elsewhere}
