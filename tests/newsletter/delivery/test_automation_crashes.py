"""A worker killed while it creates automatic campaigns creates nothing twice and misses nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import AnnouncedPost, Campaign
from tests.factories import make_post, make_subscriber
from tests.newsletter.delivery.harness import KILLED, DeliveryHarness, make_newsletter_settings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SUBSCRIBERS_PER_CADENCE = 3


@pytest.mark.parametrize(
    "crash_at",
    [
        "newsletter.models:Campaign.save",
        "newsletter.campaigns.automation:_create_digest",
        "newsletter.campaigns.automation:_new_posts",
        "newsletter.models:Campaign.objects.get_or_create",
        "newsletter.models.announced_posts:AnnouncedPostQuerySet.update",
        "newsletter.models.campaigns:CampaignQuerySet.cancel_hidden",
    ],
)
def test_post_and_digest_are_sent_once_wherever_the_worker_crashes(harness: DeliveryHarness, crash_at: str) -> None:
    due = timezone.localtime() - timedelta(hours=1)
    newsletter_settings = make_newsletter_settings(
        is_automation_enabled=True, digest_weekday=due.weekday(), digest_hour=due.hour
    )
    for cadence in ["instant", "weekly"] * SUBSCRIBERS_PER_CADENCE:
        make_subscriber().subscriptions.create(topic=newsletter_settings.get_post_topic(), cadence=cadence)
    post = make_post(published_at=timezone.now() - timedelta(hours=2))
    assert harness.run_worker(crash_at) == KILLED
    assert harness.run_worker() == 0
    Campaign.objects.filter(kind="post").update(scheduled_at=timezone.now())
    assert harness.run_worker() == 0
    campaigns = {campaign.kind: campaign for campaign in Campaign.objects.all()}
    assert len(campaigns) == Campaign.objects.count() == 2
    for campaign in campaigns.values():
        assert (campaign.status, campaign.total) == ("sent", SUBSCRIBERS_PER_CADENCE)
        assert harness.count_mistakes(campaign) == (0, 0, 0)
    assert AnnouncedPost.objects.get(post=post).digest == campaigns["digest"]
