"""A worker that is killed while it plans mails about posts makes nothing twice and forgets nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import AnnouncedPost, Campaign
from tests.factories import make_post, make_subscriber
from tests.newsletter.delivery.harness import KILLED, Stage, sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NUMBER = 3


@pytest.mark.parametrize(
    "place",
    [
        "newsletter.models:Campaign.save",
        "newsletter.campaigns.automation:_gather",
        "newsletter.campaigns.automation:_fresh",
        "newsletter.models:Campaign.objects.get_or_create",
        "newsletter.models.announced_posts:AnnouncedPostQuerySet.update",
        "newsletter.campaigns.automation:withdraw",
    ],
)
def test_a_post_and_a_week_are_mailed_once_whenever_the_planner_dies(stage: Stage, place: str) -> None:
    due = timezone.localtime() - timedelta(hours=1)
    profile = sender(is_automation_enabled=True, digest_weekday=due.weekday(), digest_hour=due.hour)
    for cadence in ["instant", "weekly"] * NUMBER:
        make_subscriber().subscriptions.create(topic=profile.get_post_topic(), cadence=cadence)
    post = make_post(published_at=timezone.now() - timedelta(hours=2))
    assert stage.run(place) == KILLED
    assert stage.run() == 0
    Campaign.objects.filter(kind="post").update(scheduled_at=timezone.now())
    assert stage.run() == 0
    campaigns = {campaign.kind: campaign for campaign in Campaign.objects.all()}
    assert len(campaigns) == Campaign.objects.count() == 2
    for campaign in campaigns.values():
        assert (campaign.status, campaign.total) == ("sent", NUMBER)
        assert stage.tally(campaign) == (0, 0, 0)
    assert AnnouncedPost.objects.get(post=post).digest == campaigns["digest"]
