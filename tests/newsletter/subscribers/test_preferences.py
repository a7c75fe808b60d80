"""The preferences page."""

import pytest
from django.test import Client

from newsletter.models import ConsentEvent, Subscriber, Topic
from newsletter.tokens import TokenPurpose
from tests.factories import make_campaign, make_subscriber
from tests.newsletter.subscribers.public_pages import SAM, database_rows, token_path, xpath

pytestmark = pytest.mark.django_db


def test_a_subscriber_chooses_topics_cadence_and_a_pause_without_a_password(client: Client) -> None:
    posts, notes = Topic.objects.create(name="Posts", slug="posts"), Topic.objects.create(name="Notes", slug="notes")
    hidden = Topic.objects.create(name="Hidden", slug="hidden", is_public=False)
    subscriber = make_subscriber()
    subscriber.subscriptions.create(topic=posts)
    path = token_path(subscriber, TokenPurpose.PREFERENCES)
    page = client.get(path).content
    assert xpath(page, "//fieldset[not(@data-theme-switch)]/legend/text()") == ["Posts", "Notes"]
    assert xpath(page, "//input[@checked][@name!='theme']/@value") == ["instant", "never"]
    choices = {
        f"topic-{posts.pk}": "weekly",
        f"topic-{notes.pk}": "never",
        f"topic-{hidden.pk}": "instant",
        "pause": "30",
    }
    assert "Saved." in client.post(path, choices).content.decode()
    assert {(row.topic, row.is_subscribed, row.cadence) for row in subscriber.subscriptions.all()} == {
        (posts, True, "weekly"),
        (notes, False, "instant"),
    }
    assert Subscriber.objects.mailable().count() == 0
    assert "paused until" in client.get(path).content.decode()
    assert ConsentEvent.objects.get().note == "posts: weekly, notes: never, pause: 30"
    client.post(path, choices | {"pause": "keep"})
    assert Subscriber.objects.get().paused_until
    client.post(path, choices | {"pause": "no"})
    assert Subscriber.objects.mailable().count() == 1


@pytest.mark.parametrize("choice", ["", "hourly", "\x00"])
def test_an_invalid_choice_saves_nothing(client: Client, choice: str) -> None:
    topic = Topic.objects.create(name="Posts", slug="posts")
    subscriber = make_subscriber()
    before = database_rows()
    data = {f"topic-{topic.pk}": choice, "pause": "30"}
    page = client.post(token_path(subscriber, TokenPurpose.PREFERENCES), data).content.decode()
    assert "Your changes were not saved" in page
    assert database_rows() == before


def test_opting_out_of_every_topic_also_opts_out_of_campaigns_without_a_topic(client: Client) -> None:
    subscriber, other = make_subscriber(email=SAM), make_subscriber()
    topics = [Topic.objects.create(name=name, slug=name.lower()) for name in ("Posts", "News")]
    campaign = make_campaign(status="draft")
    assert set(campaign.audience()) == {subscriber, other}
    path = token_path(subscriber, TokenPurpose.PREFERENCES)
    for choices, is_included in ((("never", "never"), False), (("never", "weekly"), True)):
        data = {f"topic-{topic.pk}": choice for topic, choice in zip(topics, choices, strict=True)}
        assert b"Saved." in client.post(path, data | {"pause": "no"}).content
        assert campaign.audience().filter(pk=subscriber.pk).exists() == is_included
