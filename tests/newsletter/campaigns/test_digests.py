"""The new posts of a week go into one digest to weekly subscribers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from lxml import html

from blog.models import Post
from newsletter.campaigns import actions, automation
from newsletter.delivery.materialize import prepare_campaign
from newsletter.models import AnnouncedPost, Campaign, NewsletterSettings
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


def test_digest_contains_the_weeks_posts_and_goes_to_weekly_subscribers(
    newsletter_settings: NewsletterSettings,
) -> None:
    weekly = subscribe(newsletter_settings, "weekly")
    subscribe(newsletter_settings)
    for title, hours in (("Knees", 4), ("Hips", 3)):
        make_new_post(title=title, published_at=hours_ago(hours))
    after = make_new_post(title="Too new", published_at=timezone.now())
    assert plan_and_prepare() == 1  # the campaigns about single posts wait for ten minutes
    campaign = get_digest()
    assert (campaign.subject, campaign.preheader) == ("Hips, and 1 more", "Knees")
    assert campaign.frozen_html.index("Hips") < campaign.frozen_html.index("Knees")
    assert "Too new" not in campaign.frozen_html
    assert [delivery.subscriber for delivery in campaign.deliveries.all()] == [weekly]
    assert after.announcement.digested_at is None


def test_week_without_posts_has_no_digest(newsletter_settings: NewsletterSettings) -> None:
    subscribe(newsletter_settings, "weekly")
    assert automation.plan_campaigns() == 0
    make_new_post(published_at=timezone.now())
    automation.plan_campaigns()
    assert not Campaign.objects.filter(kind="digest").exists()


def test_without_weekly_subscribers_posts_wait_for_a_later_digest(newsletter_settings: NewsletterSettings) -> None:
    post = make_new_post(published_at=hours_ago())
    automation.plan_campaigns()
    assert not Campaign.objects.filter(kind="digest").exists()
    subscribe(newsletter_settings, "weekly")
    automation.plan_campaigns()
    post.announcement.refresh_from_db()
    assert post.announcement.digest == get_digest()


def test_post_is_in_one_digest_even_if_that_is_deleted(newsletter_settings: NewsletterSettings) -> None:
    subscribe(newsletter_settings, "weekly")
    make_new_post(published_at=hours_ago())
    automation.plan_campaigns()
    get_digest().delete()
    assert automation.plan_campaigns() == 0
    AnnouncedPost.objects.update(digested_at=None)
    assert automation.plan_campaigns() == 1


def test_post_of_a_cancelled_campaign_is_not_in_the_digest(newsletter_settings: NewsletterSettings) -> None:
    subscribe(newsletter_settings, "weekly")
    post = make_new_post(published_at=hours_ago(0))
    automation.plan_campaigns()
    assert Campaign.objects.filter(pk=get_campaign(post).pk).transition("scheduled", "cancelled") == 1
    Post.objects.update(published_at=hours_ago())
    assert automation.plan_campaigns() == 0


@pytest.mark.parametrize("stop", [actions.cancel, actions.unschedule])
def test_post_of_a_stopped_campaign_is_not_in_the_digest(
    newsletter_settings: NewsletterSettings, stop: Callable[[Campaign], bool]
) -> None:
    subscribe(newsletter_settings, "weekly")
    post = make_new_post()
    automation.plan_campaigns()
    assert stop(get_campaign(post))
    Post.objects.update(published_at=hours_ago())
    assert automation.plan_campaigns() == 0


def test_post_of_a_late_campaign_is_in_the_digest(newsletter_settings: NewsletterSettings) -> None:
    weekly = subscribe(newsletter_settings, "weekly")
    post = make_new_post(published_at=hours_ago(50))
    NewsletterSettings.objects.update(postal_address="")
    plan_and_prepare()
    assert get_campaign(post).status == "draft"
    NewsletterSettings.objects.update(postal_address="1 Main Street")
    plan_and_prepare()
    assert [delivery.subscriber for delivery in get_digest().deliveries.all()] == [weekly]


def test_subscriber_who_changed_cadence_gets_no_post_twice(
    newsletter_settings: NewsletterSettings,
) -> None:
    changed, weekly = subscribe(newsletter_settings), subscribe(newsletter_settings, "weekly")
    post = make_new_post()
    automation.plan_campaigns()
    end_grace_period()
    assert plan_and_prepare() == 1
    get_campaign(post).deliveries.update(status="sent", sent_at=timezone.now())
    Post.objects.update(published_at=hours_ago())
    changed.subscriptions.update(cadence="weekly")
    assert plan_and_prepare() == 1
    assert [delivery.subscriber for delivery in get_digest().deliveries.all()] == [weekly]
    # A new post makes the digest worth sending to both.
    new = make_new_post()
    automation.plan_campaigns()
    new.announcement.digest = get_digest()
    new.announcement.save()
    assert set(get_digest().audience()) == {changed, weekly}


def test_unpublished_post_is_left_out_of_the_digest(newsletter_settings: NewsletterSettings) -> None:
    subscribe(newsletter_settings, "weekly")
    posts = [make_new_post(title=title, published_at=hours_ago()) for title in ("Stays", "Goes")]
    automation.plan_campaigns()
    posts[1].trash()
    campaign = get_digest()
    assert Campaign.objects.cancel_hidden() == 1  # the campaign about this post only
    assert prepare_campaign(start_preparing(campaign), newsletter_settings) == 1
    campaign.refresh_from_db()
    page = html.document_fromstring(campaign.frozen_html)
    assert page.xpath("//h2/a/text()") == ["Stays"]


def test_digest_without_public_posts_is_cancelled(newsletter_settings: NewsletterSettings) -> None:
    subscribe(newsletter_settings, "weekly")
    post = make_new_post(published_at=hours_ago())
    automation.plan_campaigns()
    post.trash()
    plan_and_prepare()
    assert {campaign.status for campaign in Campaign.objects.all()} == {"cancelled"}


def test_digest_a_day_late_waits_for_the_next_week() -> None:
    due = timezone.localtime() - timedelta(hours=26)
    newsletter_settings = make_newsletter_settings(
        is_automation_enabled=True, digest_weekday=due.weekday(), digest_hour=due.hour
    )
    subscribe(newsletter_settings, "weekly")
    post = make_new_post(published_at=hours_ago(40))
    automation.plan_campaigns()
    assert not Campaign.objects.filter(kind="digest").exists()
    assert post.announcement.digested_at is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-02T09:00", "2026-03-02T09:00"),
        ("2026-03-02T08:59", "2026-02-23T09:00"),
        ("2026-03-04T00:00", "2026-03-02T09:00"),
        ("2026-03-08T23:59", "2026-03-02T09:00"),
    ],
)
def test_digest_is_due_at_the_chosen_hour(now: str, due: str) -> None:
    newsletter_settings = NewsletterSettings(digest_weekday=NewsletterSettings.Weekday.MONDAY, digest_hour=9)
    zone = timezone.get_current_timezone()
    current = datetime.fromisoformat(now).replace(tzinfo=zone).astimezone(UTC)
    assert automation.last_digest_time(newsletter_settings, current) == datetime.fromisoformat(due).replace(tzinfo=zone)
