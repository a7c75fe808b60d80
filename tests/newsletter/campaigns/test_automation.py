"""A new post is mailed once ever, a week's posts are gathered once, and whoever is welcomed is welcomed once."""

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
from newsletter.delivery.materialize import prepare, prepare_due
from newsletter.models import AnnouncedPost, Campaign, NewsletterSettings, Subscriber, Topic
from tests.factories import make_campaign, make_post, make_subscriber
from tests.newsletter.delivery.harness import sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def profile(db: None) -> NewsletterSettings:
    """Everything switched on; a digest was due an hour ago."""
    due = timezone.localtime() - timedelta(hours=1)
    return sender(is_automation_enabled=True, digest_weekday=due.weekday(), digest_hour=due.hour)


def reader(profile: NewsletterSettings, cadence: str = "instant") -> Subscriber:
    subscriber = make_subscriber()
    subscriber.subscriptions.create(topic=profile.get_post_topic(), cadence=cadence)
    return subscriber


def new_post(**overrides: Any) -> Post:
    return make_post(**{"published_at": timezone.now()} | overrides)


def grace_is_over() -> None:
    Campaign.objects.update(scheduled_at=timezone.now())


def the_mail(post: Post) -> Campaign:
    return Campaign.objects.get(kind="post", post=post)


# ---- New posts ---------------------------------------------------------------------------------------


def test_nothing_goes_out_by_itself_until_the_owner_wants_it() -> None:
    sender()
    new_post()
    assert automation.plan() == 0
    assert not Campaign.objects.exists()


def test_a_new_post_is_mailed_after_ten_minutes_to_those_who_want_each(profile: NewsletterSettings) -> None:
    instant = reader(profile)
    reader(profile, "weekly")
    post = new_post(title="Knees", excerpt="They bend.")
    assert prepare_due() == 0
    campaign = the_mail(post)
    assert (campaign.status, campaign.subject, campaign.preheader) == ("scheduled", "Knees", "They bend.")
    assert campaign.scheduled_at is not None
    wait = campaign.scheduled_at - timezone.now()
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)
    grace_is_over()
    assert prepare_due() == 1
    campaign.refresh_from_db()
    assert campaign.status == "sending"
    assert [row.subscriber for row in campaign.deliveries.all()] == [instant]


def test_what_was_public_when_it_was_switched_on_is_never_mailed() -> None:
    old, draft = new_post(), new_post(status="draft", published_at=None)
    sender(is_automation_enabled=True)
    old.title = "Edited"
    old.save()
    draft.publish()
    automation.plan()
    assert [campaign.post for campaign in Campaign.objects.all()] == [draft]
    # Off and on again: what came between is old by then.
    sender(is_automation_enabled=False)
    between = new_post()
    sender(is_automation_enabled=True)
    assert automation.plan() == 0
    assert not between.announcement.is_new


def test_a_scheduled_post_is_mailed_when_its_time_has_come(profile: NewsletterSettings) -> None:
    post = new_post(published_at=timezone.now() + timedelta(hours=1))
    assert automation.plan() == 0
    Post.objects.filter(pk=post.pk).update(published_at=timezone.now())
    assert automation.plan() == 1
    assert the_mail(post).status == "scheduled"


def test_published_again_or_edited_it_is_mailed_no_second_time(profile: NewsletterSettings) -> None:
    post = new_post()
    assert automation.plan() == 1
    grace_is_over()
    prepare_due()
    post.status = "draft"
    post.save()
    post.title = "Better"
    post.publish(at=timezone.now())
    assert automation.plan() == 0
    the_mail(post).delete()  # nor when somebody tidies up
    assert automation.plan() == 0


@pytest.mark.parametrize("taken_back", ["draft", "trash", "delete", "schedule"])
def test_a_post_taken_back_takes_its_mail_along(profile: NewsletterSettings, taken_back: str) -> None:
    post = new_post()
    automation.plan()
    campaign = the_mail(post)
    if taken_back == "delete":
        post.delete()
    elif taken_back == "trash":
        post.trash()
    elif taken_back == "draft":
        post.status = "draft"
        post.save()
    else:
        post.publish(at=timezone.now() + timedelta(days=1))
    grace_is_over()
    assert prepare_due() == 0
    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_reason) == ("cancelled", "What it is about is no longer public.")
    assert not campaign.deliveries.exists()


def test_a_post_taken_back_while_another_campaign_is_prepared_is_not_written_to_anybody(
    profile: NewsletterSettings,
) -> None:
    reader(profile)
    post = new_post()
    automation.plan()
    campaign = campaign_moved(the_mail(post))
    post.trash()
    assert prepare(campaign, profile) == 0
    campaign.refresh_from_db()
    assert (campaign.status, campaign.frozen_html) == ("cancelled", "")
    assert not campaign.deliveries.exists()


def test_once_the_first_mail_is_written_it_goes_on(profile: NewsletterSettings) -> None:
    post = new_post()
    automation.plan()
    grace_is_over()
    assert prepare_due() == 1
    post.trash()
    assert automation.withdraw() == 0
    assert the_mail(post).status == "sending"


def test_a_worker_that_comes_days_late_leaves_it_to_the_author(profile: NewsletterSettings) -> None:
    post = new_post(published_at=timezone.now() - timedelta(days=3))
    prepare_due()
    campaign = the_mail(post)
    assert campaign.status == "draft"
    assert "could not begin in time" in campaign.pause_reason


def test_a_worker_that_comes_hours_late_still_mails_it(profile: NewsletterSettings) -> None:
    post = new_post(published_at=timezone.now() - timedelta(hours=20))
    prepare_due()
    grace_is_over()
    assert prepare_due() == 1
    assert the_mail(post).status == "sending"


def test_one_made_by_hand_is_the_one(profile: NewsletterSettings) -> None:
    post = new_post()
    Campaign.objects.create(kind="post", post=post, subject="Mine")
    assert automation.plan() == 0
    assert the_mail(post).subject == "Mine"


@pytest.mark.parametrize(
    ("status", "made"), [("draft", 1), ("cancelled", 1), ("scheduled", 0), ("sending", 0), ("sent", 0)]
)
def test_a_post_that_somebody_mails_by_hand_is_not_mailed_again(
    profile: NewsletterSettings, status: str, made: int
) -> None:
    make_campaign(post=new_post(), status=status)
    assert automation.plan() == made


def test_the_owners_topic_is_asked_and_else_the_first(profile: NewsletterSettings) -> None:
    first = profile.get_post_topic()
    assert first.slug == "new-posts"
    other = Topic.objects.create(name="Other", slug="other")
    profile.post_topic = other
    profile.save()
    post = new_post()
    automation.plan()
    assert the_mail(post).topic == other


# ---- The digest --------------------------------------------------------------------------------------


def digest() -> Campaign:
    return Campaign.objects.get(kind="digest")


def earlier(hours: float = 2) -> datetime:
    return timezone.now() - timedelta(hours=hours)


def test_a_weeks_posts_go_together_to_those_who_want_it_so(profile: NewsletterSettings) -> None:
    weekly = reader(profile, "weekly")
    reader(profile)
    for title, hours in (("Knees", 4), ("Hips", 3)):
        new_post(title=title, published_at=earlier(hours))
    after = new_post(title="Too new", published_at=timezone.now())
    assert prepare_due() == 1  # the mails about single posts wait for ten minutes
    campaign = digest()
    assert (campaign.subject, campaign.preheader) == ("Hips, and 1 more", "Knees")
    assert campaign.frozen_html.index("Hips") < campaign.frozen_html.index("Knees")
    assert "Too new" not in campaign.frozen_html
    assert [row.subscriber for row in campaign.deliveries.all()] == [weekly]
    assert after.announcement.digested_at is None


def test_a_week_without_news_has_no_digest(profile: NewsletterSettings) -> None:
    reader(profile, "weekly")
    assert automation.plan() == 0
    new_post(published_at=timezone.now())
    automation.plan()
    assert not Campaign.objects.filter(kind="digest").exists()


def test_nobody_who_wants_one_no_digest_and_the_posts_wait(profile: NewsletterSettings) -> None:
    post = new_post(published_at=earlier())
    automation.plan()
    assert not Campaign.objects.filter(kind="digest").exists()
    reader(profile, "weekly")
    automation.plan()
    post.announcement.refresh_from_db()
    assert post.announcement.digest == digest()


def test_no_post_is_in_two_digests_even_if_the_first_is_deleted(profile: NewsletterSettings) -> None:
    reader(profile, "weekly")
    new_post(published_at=earlier())
    automation.plan()
    digest().delete()
    assert automation.plan() == 0
    AnnouncedPost.objects.update(digested_at=None)
    assert automation.plan() == 1


def test_a_cancelled_mail_about_a_post_keeps_it_out_of_the_digest(profile: NewsletterSettings) -> None:
    reader(profile, "weekly")
    post = new_post(published_at=earlier(0))
    automation.plan()
    assert Campaign.objects.filter(pk=the_mail(post).pk).transition("scheduled", "cancelled") == 1
    Post.objects.update(published_at=earlier())
    assert automation.plan() == 0


@pytest.mark.parametrize("holds_back", [actions.cancel, actions.take_back])
def test_a_mail_that_its_author_holds_back_reaches_nobody_by_the_digest(
    profile: NewsletterSettings, holds_back: Callable[[Campaign], bool]
) -> None:
    reader(profile, "weekly")
    post = new_post()
    automation.plan()
    assert holds_back(the_mail(post))
    Post.objects.update(published_at=earlier())
    assert automation.plan() == 0


def test_a_mail_that_came_too_late_for_some_is_still_in_time_for_the_digest(profile: NewsletterSettings) -> None:
    weekly = reader(profile, "weekly")
    post = new_post(published_at=earlier(50))
    NewsletterSettings.objects.update(postal_address="")
    prepare_due()
    assert the_mail(post).status == "draft"
    NewsletterSettings.objects.update(postal_address="1 Main Street")
    prepare_due()
    assert [row.subscriber for row in digest().deliveries.all()] == [weekly]


def test_who_got_each_post_at_once_and_then_chose_once_a_week_is_mailed_none_of_them_twice(
    profile: NewsletterSettings,
) -> None:
    changed, weekly = reader(profile), reader(profile, "weekly")
    post = new_post()
    automation.plan()
    grace_is_over()
    assert prepare_due() == 1
    the_mail(post).deliveries.update(status="sent", sent_at=timezone.now())
    Post.objects.update(published_at=earlier())
    changed.subscriptions.update(cadence="weekly")
    assert prepare_due() == 1
    assert [row.subscriber for row in digest().deliveries.all()] == [weekly]
    # With something new in it, it is for both.
    new = new_post()
    automation.plan()
    new.announcement.digest = digest()
    new.announcement.save()
    assert set(digest().audience()) == {changed, weekly}


def test_a_post_taken_back_is_left_out_and_an_empty_digest_cancelled(profile: NewsletterSettings) -> None:
    reader(profile, "weekly")
    posts = [new_post(title=title, published_at=earlier()) for title in ("Stays", "Goes")]
    automation.plan()
    posts[1].trash()
    campaign = digest()
    assert automation.withdraw() == 1  # the mail about the one alone
    assert prepare(campaign_moved(campaign), profile) == 1
    campaign.refresh_from_db()
    page = html.document_fromstring(campaign.frozen_html)
    assert page.xpath("//h2/a/text()") == ["Stays"]


def test_a_digest_of_nothing_is_cancelled(profile: NewsletterSettings) -> None:
    reader(profile, "weekly")
    post = new_post(published_at=earlier())
    automation.plan()
    post.trash()
    prepare_due()
    assert {campaign.status for campaign in Campaign.objects.all()} == {"cancelled"}


def campaign_moved(campaign: Campaign) -> Campaign:
    Campaign.objects.filter(pk=campaign.pk).transition("scheduled", "preparing")
    campaign.refresh_from_db()
    return campaign


def test_a_digest_that_is_a_day_late_waits_for_the_next_week() -> None:
    due = timezone.localtime() - timedelta(hours=26)
    profile = sender(is_automation_enabled=True, digest_weekday=due.weekday(), digest_hour=due.hour)
    reader(profile, "weekly")
    post = new_post(published_at=earlier(40))
    automation.plan()
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
def test_it_is_due_at_the_owners_hour(now: str, due: str) -> None:
    profile = NewsletterSettings(digest_weekday=NewsletterSettings.Weekday.MONDAY, digest_hour=9)
    zone = timezone.get_current_timezone()
    moment = datetime.fromisoformat(now).replace(tzinfo=zone).astimezone(UTC)
    assert automation.slot(profile, moment) == datetime.fromisoformat(due).replace(tzinfo=zone)


# ---- Many workers ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_make_one_mail_a_post_and_one_digest() -> None:
    due = timezone.localtime() - timedelta(hours=1)
    profile = sender(is_automation_enabled=True, digest_weekday=due.weekday(), digest_hour=due.hour)
    reader(profile, "weekly")
    posts = [new_post(published_at=earlier()) for _ in range(3)]

    def work(_: int) -> int:
        try:
            return automation.plan()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 4
    assert Campaign.objects.filter(kind="post").count() == 3
    assert set(AnnouncedPost.objects.filter(digest=digest()).values_list("post", flat=True)) == {
        post.pk for post in posts
    }


# ---- The welcome -------------------------------------------------------------------------------------


def test_the_welcome_says_what_the_owner_wrote_once_ever() -> None:
    sender(welcome_text="Hello & <b>hi</b>.\n\nSee https://example.com/start")
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    subscriber.confirm()
    subscriber.unsubscribe()
    again = Subscriber.objects.get(pk=subscriber.pk)
    again.confirm()
    mail = again.transactional_emails.get(kind="welcome").build_email()
    assert mail is not None
    assert "Hello & <b>hi</b>.\n\nSee https://example.com/start\n" in mail.body
    (rich, _), *_ = mail.alternatives
    assert "Hello &amp; &lt;b&gt;hi&lt;/b&gt;." in str(rich)
    assert 'href="https://example.com/start"' in str(rich)
