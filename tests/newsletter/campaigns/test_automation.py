"""A new post is announced once, ten minutes after it is published."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from blog.models import Post
from newsletter.campaigns import automation
from newsletter.delivery.materialize import prepare_campaign
from newsletter.models import AnnouncedPost, Campaign, NewsletterSettings, Topic
from tests.factories import make_campaign
from tests.newsletter.campaigns.automatic_campaigns import (
    end_grace_period,
    get_campaign,
    get_digest,
    hours_ago,
    make_new_post,
    plan_and_prepare,
    start_preparing,
    subscribe,
)
from tests.newsletter.delivery.harness import make_newsletter_settings

pytestmark = pytest.mark.django_db


def test_no_campaign_is_created_unless_automation_is_on() -> None:
    make_newsletter_settings()
    make_new_post()
    assert automation.plan_campaigns() == 0
    assert not Campaign.objects.exists()


def test_new_post_is_sent_after_ten_minutes_to_instant_subscribers(newsletter_settings: NewsletterSettings) -> None:
    instant = subscribe(newsletter_settings)
    subscribe(newsletter_settings, "weekly")
    post = make_new_post(title="Knees", excerpt="They bend.")
    assert plan_and_prepare() == 0
    campaign = get_campaign(post)
    assert (campaign.status, campaign.subject, campaign.preheader) == ("scheduled", "Knees", "They bend.")
    assert campaign.scheduled_at is not None
    wait = campaign.scheduled_at - timezone.now()
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)
    end_grace_period()
    assert plan_and_prepare() == 1
    campaign.refresh_from_db()
    assert campaign.status == "sending"
    assert [delivery.subscriber for delivery in campaign.deliveries.all()] == [instant]


def test_posts_public_before_automation_was_turned_on_are_never_sent() -> None:
    old, draft = make_new_post(), make_new_post(status="draft", published_at=None)
    make_newsletter_settings(is_automation_enabled=True)
    old.title = "Edited"
    old.save()
    draft.publish()
    automation.plan_campaigns()
    assert [campaign.post for campaign in Campaign.objects.all()] == [draft]
    # Turned off and on again: posts published in between are not sent.
    make_newsletter_settings(is_automation_enabled=False)
    between = make_new_post()
    make_newsletter_settings(is_automation_enabled=True)
    assert automation.plan_campaigns() == 0
    assert not between.announcement.is_new


def test_scheduled_post_is_announced_when_it_is_published(newsletter_settings: NewsletterSettings) -> None:
    post = make_new_post(published_at=timezone.now() + timedelta(hours=1))
    assert automation.plan_campaigns() == 0
    Post.objects.filter(pk=post.pk).update(published_at=timezone.now())
    assert automation.plan_campaigns() == 1
    assert get_campaign(post).status == "scheduled"


def test_post_published_again_or_edited_is_not_announced_again(newsletter_settings: NewsletterSettings) -> None:
    post = make_new_post()
    assert automation.plan_campaigns() == 1
    end_grace_period()
    plan_and_prepare()
    post.status = "draft"
    post.save()
    post.title = "Better"
    post.publish(at=timezone.now())
    assert automation.plan_campaigns() == 0
    get_campaign(post).delete()  # not even after its campaign is deleted
    assert automation.plan_campaigns() == 0


@pytest.mark.parametrize("action", ["draft", "trash", "delete", "schedule"])
def test_unpublishing_a_post_cancels_its_campaign(newsletter_settings: NewsletterSettings, action: str) -> None:
    post = make_new_post()
    automation.plan_campaigns()
    campaign = get_campaign(post)
    if action == "delete":
        post.delete()
    elif action == "trash":
        post.trash()
    elif action == "draft":
        post.status = "draft"
        post.save()
    else:
        post.publish(at=timezone.now() + timedelta(days=1))
    end_grace_period()
    assert plan_and_prepare() == 0
    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_reason) == ("cancelled", "The content it is about is no longer public.")
    assert not campaign.deliveries.exists()


def test_post_unpublished_before_its_preparation_is_not_sent(
    newsletter_settings: NewsletterSettings,
) -> None:
    subscribe(newsletter_settings)
    post = make_new_post()
    automation.plan_campaigns()
    campaign = start_preparing(get_campaign(post))
    post.trash()
    assert prepare_campaign(campaign, newsletter_settings) == 0
    campaign.refresh_from_db()
    assert (campaign.status, campaign.frozen_html) == ("cancelled", "")
    assert not campaign.deliveries.exists()


def test_frozen_campaign_is_sent_even_if_its_post_is_unpublished(newsletter_settings: NewsletterSettings) -> None:
    post = make_new_post()
    automation.plan_campaigns()
    end_grace_period()
    assert plan_and_prepare() == 1
    post.trash()
    assert Campaign.objects.cancel_hidden() == 0
    assert get_campaign(post).status == "sending"


def test_campaign_planned_days_late_becomes_a_draft(newsletter_settings: NewsletterSettings) -> None:
    post = make_new_post(published_at=timezone.now() - timedelta(days=3))
    plan_and_prepare()
    campaign = get_campaign(post)
    assert campaign.status == "draft"
    assert "could not start on time" in campaign.pause_reason


def test_campaign_planned_hours_late_is_sent(newsletter_settings: NewsletterSettings) -> None:
    post = make_new_post(published_at=timezone.now() - timedelta(hours=20))
    plan_and_prepare()
    end_grace_period()
    assert plan_and_prepare() == 1
    assert get_campaign(post).status == "sending"


def test_an_existing_campaign_about_the_post_is_not_duplicated(newsletter_settings: NewsletterSettings) -> None:
    post = make_new_post()
    Campaign.objects.create(kind="post", post=post, subject="Mine")
    assert automation.plan_campaigns() == 0
    assert get_campaign(post).subject == "Mine"


@pytest.mark.parametrize(
    ("status", "created"), [("draft", 1), ("cancelled", 1), ("scheduled", 0), ("sending", 0), ("sent", 0)]
)
def test_post_sent_manually_is_not_sent_automatically(
    newsletter_settings: NewsletterSettings, status: str, created: int
) -> None:
    make_campaign(post=make_new_post(), status=status)
    assert automation.plan_campaigns() == created


def test_post_topic_defaults_to_the_first_topic(newsletter_settings: NewsletterSettings) -> None:
    first = newsletter_settings.get_post_topic()
    assert first.slug == "new-posts"
    other = Topic.objects.create(name="Other", slug="other")
    newsletter_settings.post_topic = other
    newsletter_settings.save()
    post = make_new_post()
    automation.plan_campaigns()
    assert get_campaign(post).topic == other


@pytest.mark.django_db(transaction=True)
def test_parallel_workers_create_one_campaign_per_post_and_one_digest() -> None:
    due = timezone.localtime() - timedelta(hours=1)
    newsletter_settings = make_newsletter_settings(
        is_automation_enabled=True, digest_weekday=due.weekday(), digest_hour=due.hour
    )
    subscribe(newsletter_settings, "weekly")
    posts = [make_new_post(published_at=hours_ago()) for _ in range(3)]

    def plan(_: int) -> int:
        try:
            return automation.plan_campaigns()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(plan, range(4))) == 4
    assert Campaign.objects.filter(kind="post").count() == 3
    assert set(AnnouncedPost.objects.filter(digest=get_digest()).values_list("post", flat=True)) == {
        post.pk for post in posts
    }
