"""A new post is announced once, a week's posts go into one digest, and subscribers are welcomed once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from lxml import html

from blog.models import Post
from newsletter.campaigns import actions, automation
from newsletter.delivery.materialize import prepare_campaign, prepare_due_campaigns
from newsletter.models import AnnouncedPost, Campaign, NewsletterSettings, Subscriber, Topic
from tests.factories import make_campaign, make_post, make_subscriber
from tests.newsletter.delivery.harness import make_newsletter_settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsletter_settings(db: None) -> NewsletterSettings:
    """Settings with automation turned on and a digest that was due an hour ago."""
    due = timezone.localtime() - timedelta(hours=1)
    return make_newsletter_settings(is_automation_enabled=True, digest_weekday=due.weekday(), digest_hour=due.hour)


def subscribe(newsletter_settings: NewsletterSettings, cadence: str = "instant") -> Subscriber:
    subscriber = make_subscriber()
    subscriber.subscriptions.create(topic=newsletter_settings.get_post_topic(), cadence=cadence)
    return subscriber


def make_new_post(**overrides: Any) -> Post:
    return make_post(**{"published_at": timezone.now()} | overrides)


def plan_and_prepare() -> int:
    """Create automatic campaigns and prepare the due ones, as a worker does. Return the number prepared."""
    automation.plan_campaigns()
    return prepare_due_campaigns()


def end_grace_period() -> None:
    Campaign.objects.update(scheduled_at=timezone.now())


def get_campaign(post: Post) -> Campaign:
    return Campaign.objects.get(kind="post", post=post)


# ---- New posts ---------------------------------------------------------------------------------------


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


def test_existing_campaign_of_the_post_is_kept(newsletter_settings: NewsletterSettings) -> None:
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


# ---- Digests ------------------------------------------------------------------------------------------


def digest() -> Campaign:
    return Campaign.objects.get(kind="digest")


def hours_ago(hours: float = 2) -> datetime:
    return timezone.now() - timedelta(hours=hours)


def test_digest_contains_the_weeks_posts_and_goes_to_weekly_subscribers(
    newsletter_settings: NewsletterSettings,
) -> None:
    weekly = subscribe(newsletter_settings, "weekly")
    subscribe(newsletter_settings)
    for title, hours in (("Knees", 4), ("Hips", 3)):
        make_new_post(title=title, published_at=hours_ago(hours))
    after = make_new_post(title="Too new", published_at=timezone.now())
    assert plan_and_prepare() == 1  # the campaigns about single posts wait for ten minutes
    campaign = digest()
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
    assert post.announcement.digest == digest()


def test_post_is_in_one_digest_even_if_that_is_deleted(newsletter_settings: NewsletterSettings) -> None:
    subscribe(newsletter_settings, "weekly")
    make_new_post(published_at=hours_ago())
    automation.plan_campaigns()
    digest().delete()
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
    assert [delivery.subscriber for delivery in digest().deliveries.all()] == [weekly]


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
    assert [delivery.subscriber for delivery in digest().deliveries.all()] == [weekly]
    # A new post makes the digest worth sending to both.
    new = make_new_post()
    automation.plan_campaigns()
    new.announcement.digest = digest()
    new.announcement.save()
    assert set(digest().audience()) == {changed, weekly}


def test_unpublished_post_is_left_out_of_the_digest(newsletter_settings: NewsletterSettings) -> None:
    subscribe(newsletter_settings, "weekly")
    posts = [make_new_post(title=title, published_at=hours_ago()) for title in ("Stays", "Goes")]
    automation.plan_campaigns()
    posts[1].trash()
    campaign = digest()
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


def start_preparing(campaign: Campaign) -> Campaign:
    Campaign.objects.filter(pk=campaign.pk).transition("scheduled", "preparing")
    campaign.refresh_from_db()
    return campaign


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


# ---- Parallel workers ----------------------------------------------------------------------------------


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
    assert set(AnnouncedPost.objects.filter(digest=digest()).values_list("post", flat=True)) == {
        post.pk for post in posts
    }


# ---- Welcome email -----------------------------------------------------------------------------------


def test_welcome_email_contains_the_custom_text_and_is_sent_once() -> None:
    make_newsletter_settings(welcome_text="Hello & <b>hi</b>.\n\nSee https://example.com/start")
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    subscriber.confirm()
    subscriber.unsubscribe()
    again = Subscriber.objects.get(pk=subscriber.pk)
    again.confirm()
    email = again.transactional_emails.get(kind="welcome").build_email()
    assert email is not None
    assert "Hello & <b>hi</b>.\n\nSee https://example.com/start\n" in email.body
    (html_body, _), *_ = email.alternatives
    assert "Hello &amp; &lt;b&gt;hi&lt;/b&gt;." in str(html_body)
    assert 'href="https://example.com/start"' in str(html_body)
