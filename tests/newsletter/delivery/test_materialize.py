"""A campaign begins at its time, with one row for each reader, and never too late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.delivery import materialize
from newsletter.delivery.materialize import prepare, prepare_due
from newsletter.models import Campaign, NewsletterSettings, Subscription, Topic
from newsletter.rendering.messages import RenderedEmail
from tests.factories import make_campaign, make_subscriber
from tests.newsletter.delivery.harness import sender

pytestmark = pytest.mark.django_db


def scheduled(**fields: object) -> Campaign:
    empty = {"prepared_at": None, "total": None, "frozen_sha256": "", "status": "scheduled"}
    return make_campaign(**empty | fields)


def test_a_campaign_whose_time_has_come_is_frozen_written_and_counted() -> None:
    sender()
    readers = [make_subscriber() for _ in range(3)]
    make_subscriber(status="pending", confirmed_at=None)
    campaign = scheduled(body="<p>Bend your knees.</p>")
    later = scheduled(scheduled_at=timezone.now() + timedelta(hours=1))
    assert prepare_due() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.total) == ("sending", 3)
    assert "Bend your knees." in campaign.frozen_html
    assert "Bend your knees." in campaign.frozen_text
    assert "1 Main Street" in campaign.frozen_html
    assert {row.subscriber_id for row in campaign.deliveries.all()} == {reader.pk for reader in readers}
    row = campaign.deliveries.get(subscriber=readers[0])
    assert (row.to_email, row.email_hash) == (readers[0].email, readers[0].email_hash)
    assert row.message_id == f"<{campaign.public_id.hex}.{readers[0].public_id.hex}@testserver>"
    later.refresh_from_db()
    assert later.status == "scheduled"


def test_only_who_wants_the_topic_is_mailed() -> None:
    topic = Topic.objects.create(name="New posts", slug="new-posts")
    wants, does_not = make_subscriber(), make_subscriber()
    for reader, is_subscribed in ((wants, True), (does_not, False)):
        Subscription.objects.create(subscriber=reader, topic=topic, is_subscribed=is_subscribed)
    campaign = scheduled(status="preparing", topic=topic)
    assert prepare(campaign, sender()) == 1
    assert [row.subscriber for row in campaign.deliveries.all()] == [wants]


def test_prepared_again_nothing_is_written_twice_and_nothing_that_has_begun_is_touched() -> None:
    profile = sender()
    make_subscriber()
    campaign = scheduled(status="preparing")
    assert prepare(campaign, profile) == 1
    make_subscriber()
    assert prepare(campaign, profile) == 0
    assert campaign.deliveries.count() == 1


def test_many_are_written_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.delivery.materialize.SUBSCRIBERS_AT_ONCE", 2)
    for _ in range(5):
        make_subscriber()
    campaign = scheduled(status="preparing")
    prepare(campaign, sender())
    assert campaign.deliveries.count() == 5


def test_without_a_postal_address_it_waits() -> None:
    sender(postal_address=" ")
    campaign = scheduled()
    assert prepare_due() == 0
    campaign.refresh_from_db()
    assert campaign.status == "scheduled"


def test_what_comes_too_late_goes_back_to_its_author_with_the_reason() -> None:
    sender()
    long_ago = timezone.now() - timedelta(days=2)
    campaign = scheduled(scheduled_at=long_ago, not_after=long_ago + timedelta(days=1))
    assert prepare_due() == 0
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    assert campaign.pause_reason


def test_a_campaign_to_nobody_begins_all_the_same() -> None:
    sender()
    campaign = scheduled()
    assert prepare_due() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.total) == ("sending", 0)


def test_one_that_cannot_be_prepared_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sender()
    broken, fine = scheduled(), scheduled()
    original = materialize.render_campaign

    def render_campaign(campaign: Campaign, profile: NewsletterSettings) -> RenderedEmail:
        if campaign.pk == broken.pk:
            raise RuntimeError
        return original(campaign, profile)

    monkeypatch.setattr(materialize, "render_campaign", render_campaign)
    assert prepare_due() == 1
    assert f"Campaign {broken.pk} cannot be prepared" in caplog.text
    assert [Campaign.objects.get(pk=each.pk).status for each in (broken, fine)] == ["preparing", "sending"]
