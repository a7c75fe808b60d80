"""The admin says which automatic emails a post sets off."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Post
from newsletter.campaigns.announcements import describe_emails
from newsletter.campaigns.automation import plan_campaigns
from newsletter.models import NewsletterSettings, Subscription
from tests.blog.post_form import post_form_data
from tests.factories import make_author, make_campaign, make_page, make_post, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def _automatic() -> None:
    NewsletterSettings.objects.create(is_automation_enabled=True, digest_weekday=4)


@pytest.mark.usefixtures("_automatic")
def test_the_number_of_subscribers_and_the_time_are_announced() -> None:
    for cadence in (Subscription.Cadence.INSTANT, Subscription.Cadence.INSTANT, Subscription.Cadence.WEEKLY):
        subscriber = make_subscriber()
        Subscription.objects.update_or_create(
            subscriber=subscriber,
            topic=NewsletterSettings.load().get_post_topic(),
            defaults={"cadence": cadence, "is_subscribed": True},
        )
    draft = make_post(status=Post.Status.DRAFT, published_at=None)
    instant, weekly = describe_emails(draft)
    assert instant.startswith("2 subscribers will be emailed 10 minutes after it is published.")
    assert weekly == "1 subscriber will find it in the next weekly email, on Friday."


@pytest.mark.usefixtures("_automatic")
def test_a_post_is_not_announced_twice_or_long_after_its_date() -> None:
    old = make_post(status=Post.Status.DRAFT, published_at=timezone.now() - timedelta(days=9))
    assert describe_emails(old) == ["No email is sent, because the date is in the past."]
    post = make_post()
    make_subscriber()
    plan_campaigns()
    (sentence,) = describe_emails(post)
    assert "goes out on" in sentence
    assert "You can cancel it until then" in sentence
    sent = make_post()
    make_campaign(post=sent, status="sent")
    assert describe_emails(sent) == ["Subscribers have already been emailed about this post."]


def test_without_automation_nothing_is_sent_and_pages_are_never_emailed() -> None:
    assert describe_emails(make_post()) == ["No email is sent automatically."]
    assert describe_emails(make_page()) == []


@pytest.mark.usefixtures("_automatic")
def test_publishing_says_that_subscribers_are_emailed(admin_client: Client) -> None:
    make_author()
    make_subscriber()
    page = admin_client.post(reverse("admin:blog_post_add"), post_form_data(_publish=""), follow=True).text
    assert "will be emailed 10 minutes after it is published" in page
