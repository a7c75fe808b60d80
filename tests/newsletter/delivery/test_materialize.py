"""A campaign starts at its time, with one delivery per subscriber, and never too late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.delivery import materialize
from newsletter.delivery.materialize import prepare_campaign, prepare_due_campaigns
from newsletter.models import Campaign, NewsletterSettings, Subscription, Topic
from newsletter.rendering import messages
from newsletter.rendering.messages import RenderedEmail
from tests.factories import make_campaign, make_subscriber
from tests.newsletter.delivery.harness import make_newsletter_settings

pytestmark = pytest.mark.django_db


def make_scheduled(**fields: object) -> Campaign:
    empty = {"prepared_at": None, "total": None, "frozen_sha256": "", "status": "scheduled"}
    return make_campaign(**empty | fields)


def test_due_campaign_is_frozen_and_gets_deliveries() -> None:
    make_newsletter_settings()
    subscribers = [make_subscriber() for _ in range(3)]
    make_subscriber(status="pending", confirmed_at=None)
    campaign = make_scheduled(body="<p>Bend your knees.</p>")
    later = make_scheduled(scheduled_at=timezone.now() + timedelta(hours=1))
    assert prepare_due_campaigns() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.total) == ("sending", 3)
    assert "Bend your knees." in campaign.frozen_html
    assert "Bend your knees." in campaign.frozen_text
    assert "1 Main Street" in campaign.frozen_html
    deliveries = campaign.deliveries.all()
    assert {delivery.subscriber_id for delivery in deliveries} == {subscriber.pk for subscriber in subscribers}
    first = subscribers[0]
    delivery = campaign.deliveries.get(subscriber=first)
    assert (delivery.to_email, delivery.email_hash) == (first.email, first.email_hash)
    assert delivery.message_id == f"<{campaign.public_id.hex}.{first.public_id.hex}@testserver>"
    later.refresh_from_db()
    assert later.status == "scheduled"


def test_only_subscribers_of_the_topic_get_deliveries() -> None:
    topic = Topic.objects.create(name="New posts", slug="new-posts")
    subscribed, unsubscribed = make_subscriber(), make_subscriber()
    for subscriber, is_subscribed in ((subscribed, True), (unsubscribed, False)):
        Subscription.objects.create(subscriber=subscriber, topic=topic, is_subscribed=is_subscribed)
    campaign = make_scheduled(status="preparing", topic=topic)
    assert prepare_campaign(campaign, make_newsletter_settings())
    assert [delivery.subscriber for delivery in campaign.deliveries.all()] == [subscribed]


def test_started_campaign_is_not_prepared_again() -> None:
    newsletter_settings = make_newsletter_settings()
    make_subscriber()
    campaign = make_scheduled(status="preparing")
    assert prepare_campaign(campaign, newsletter_settings)
    make_subscriber()
    assert not prepare_campaign(campaign, newsletter_settings)
    assert campaign.deliveries.count() == 1


def test_deliveries_are_created_in_several_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(materialize, "SUBSCRIBERS_PER_TRANSACTION", 2)
    for _ in range(5):
        make_subscriber()
    campaign = make_scheduled(status="preparing")
    prepare_campaign(campaign, make_newsletter_settings())
    assert campaign.deliveries.count() == 5


def test_campaign_waits_for_a_postal_address() -> None:
    make_newsletter_settings(postal_address=" ")
    campaign = make_scheduled()
    assert prepare_due_campaigns() == 0
    campaign.refresh_from_db()
    assert campaign.status == "scheduled"


def test_late_campaign_becomes_a_draft_with_the_reason() -> None:
    make_newsletter_settings()
    long_ago = timezone.now() - timedelta(days=2)
    campaign = make_scheduled(scheduled_at=long_ago, not_after=long_ago + timedelta(days=1))
    assert prepare_due_campaigns() == 0
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    assert campaign.pause_reason


def test_campaign_without_subscribers_starts() -> None:
    make_newsletter_settings()
    campaign = make_scheduled()
    assert prepare_due_campaigns() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.total) == ("sending", 0)


def test_campaign_that_cannot_be_prepared_does_not_block_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_newsletter_settings()
    broken, working = make_scheduled(), make_scheduled()
    original = messages.render_email_of

    def render_campaign(campaign: Campaign, newsletter_settings: NewsletterSettings) -> RenderedEmail:
        if campaign.pk == broken.pk:
            raise RuntimeError
        return original(campaign, newsletter_settings)

    monkeypatch.setattr(messages, "render_email_of", render_campaign)
    assert prepare_due_campaigns() == 1
    assert f"Campaign {broken.pk} cannot be rendered" in caplog.text
    assert [Campaign.objects.get(pk=each.pk).status for each in (broken, working)] == ["draft", "sending"]
