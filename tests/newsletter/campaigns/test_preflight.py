"""What is looked at before a campaign goes out: what stops it, what is only advice."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from newsletter.campaigns import preflight
from newsletter.delivery.mime import link
from newsletter.models import AnnouncedPost, Campaign, NewsletterSettings, Subscriber, Topic
from newsletter.rendering.messages import RenderedEmail
from newsletter.subscribers.tokens import TokenPurpose
from tests.factories import make_campaign, make_image, make_post, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
FINE = {"subject": "A short subject", "preheader": "Words after it", "body": "<p>Walk ten minutes a day.</p>"}


def letter(**overrides: Any) -> Campaign:
    return make_campaign(**{"status": "draft", "frozen_sha256": ""} | FINE | overrides)


def said(level: str, campaign: Campaign) -> str:
    """All that is found at `level`, in one text."""
    return " ".join(found.words for found in preflight.look_at(campaign).findings if found.level == level)


def test_a_campaign_that_lacks_nothing_may_go() -> None:
    looked = preflight.look_at(letter())
    assert (looked.stops, looked.warnings, looked.audience) == ([], [], 1)
    assert all(finding.level == "ok" for finding in looked.findings)


def test_what_must_not_go_out_is_stopped(settings: Settings) -> None:
    topic = Topic.objects.create(name="Knees", slug="knees")
    for overrides, words in (
        ({"subject": " "}, "It has no subject"),
        ({"body": ""}, "It has no text"),
        ({"topic": topic}, "Nobody would get it"),
    ):
        assert words in said("stop", letter(**overrides))
    NewsletterSettings.objects.update(max_per_day=0)
    assert "A limit of 0 mails" in said("stop", letter())
    NewsletterSettings.objects.update(postal_address="", from_email="me@mail.example.net")
    settings.SITE_URL = "http://www.example.com"
    stops = said("stop", letter())
    for words in ("Write your postal address", "https://", "mail.example.net, which is not example.com"):
        assert words in stops


@pytest.mark.parametrize("kind", ["post", "digest"])
def test_what_goes_out_by_itself_needs_no_text_of_its_own_but_something_public(kind: str) -> None:
    post = make_post()
    campaign = letter(kind=kind, body="", post=post if kind == "post" else None)
    AnnouncedPost.objects.create(post=post, digest=campaign)
    assert said("stop", campaign) == ""
    post.trash()
    assert "not public" in said("stop", Campaign.objects.get())


@pytest.mark.parametrize("purpose", list(TokenPurpose))
def test_a_link_out_of_somebodys_letter_is_sent_to_nobody_else(purpose: TokenPurpose) -> None:
    address = Subscriber.objects.get().build_url(purpose)
    stops = said("stop", letter(body=f'<p><a href="{address}">Choose what you get</a></p>'))
    assert stops == "A link is one reader's own."


def test_what_the_finished_mail_must_not_hold_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = letter()
    leave = f'<a href="{link(campaign, TokenPurpose.UNSUBSCRIBE)}">Leave</a>'
    for html, text, words in (
        (f'{leave}<a href="https://www.amazon.de/dp/B000000001?tag=x">Roller</a>', leave, "It links to Amazon"),
        (f'{leave}<a href="/knees/">Knees</a>', leave, "A link has no whole address"),
        (leave + "x" * preflight.MOST_BYTES, leave, "The mail has 100 kB"),
        ("<p>Words</p>", leave, "No link to unsubscribe in the HTML."),
        (leave, "Words", "No link to unsubscribe in the plain text."),
    ):
        mail = RenderedEmail("Subject", html, text)
        monkeypatch.setattr(preflight, "render_campaign", lambda *_, mail=mail: mail)
        assert words in said("stop", campaign)


def test_what_is_only_unwise_is_said_and_stops_nothing() -> None:
    make_post(slug="coming", status="draft", published_at=None, title="Coming")
    image = make_image(alt="", title="A knee")
    body = (
        f'<p>Words <a href="https://www.example.com/coming/">1</a> <a href="/nowhere/">2</a></p>'
        f'<figure><img data-image="{image.pk}"></figure>'
    )
    NewsletterSettings.objects.update(reply_to="", worker_seen_at=timezone.now() - timedelta(hours=2), max_per_hour=1)
    for _ in range(50):
        make_subscriber()
    campaign = letter(subject="A subject that is longer than any telephone shows in full", preheader="", body=body)
    campaign.subject += " to anybody at all"
    looked = preflight.look_at(campaign)
    assert looked.stops == []
    warned = said("warn", campaign)
    for words in (
        "Answers go to letters@example.com",
        "The subject has 7",
        "It has no preheader",
        "“Coming” is a draft",
        "/nowhere leads nowhere",
        "Without alternative text: “A knee”",
        "At 1 per hour that takes about 2 days",
        "last seen 2\xa0hours ago",
    ):
        assert words in warned
    NewsletterSettings.objects.update(worker_seen_at=None)
    assert "has not been seen yet" in said("warn", campaign)


def test_that_it_reaches_nobody_or_who_gets_two_is_said() -> None:
    topic = Topic.objects.create(name="Posts", slug="posts")
    post = make_post()
    campaign = letter(topic=topic, post=post)
    assert "Nobody would get it." in said("stop", campaign)
    make_subscriber().subscriptions.create(topic=topic, cadence="weekly")
    assert "Nobody would get it." not in said("stop", campaign)
    assert "Another mail" not in said("warn", campaign)
    make_campaign(kind="post", post=post, status="scheduled", subject="By itself")
    make_campaign(post=post, status="draft", subject="Only thought of")
    assert "Another mail about this post is “scheduled”: By itself." in said("warn", campaign)


def test_a_site_on_ones_own_machine_needs_no_https(settings: Settings) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    NewsletterSettings.objects.update(from_email="me@127.0.0.1")
    assert preflight.look_at(letter()).stops == []


def test_what_stops_it_keeps_it_from_being_scheduled(admin_client: Client) -> None:
    campaign = letter(body="", scheduled_at=None, not_after=None)
    address = f"/admin/newsletter/campaign/{campaign.pk}/send/"
    page = admin_client.get(address).content.decode()
    assert "It cannot go out yet" in page
    assert "Yes, send" not in page
    data = {"when": "now", "at_0": "", "at_1": "", "seen": "1:draft:"}
    assert "It cannot go out yet" in admin_client.post(address, data).content.decode()
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    # The same step works once nothing stops it, so it was the stop that kept it.
    Campaign.objects.update(body=FINE["body"])
    assert admin_client.post(address, data).status_code == 302
    campaign.refresh_from_db()
    assert campaign.status == "scheduled"


def test_looking_costs_the_same_for_few_and_many() -> None:
    costs = []
    for number in (2, 40):
        links = "".join(f'<a href="/place-{each}/">{each}</a> ' for each in range(number))
        pictures = "".join(f'<figure><img data-image="{make_image(alt="").pk}"></figure>' for _ in range(number // 2))
        campaign = letter(body=f"<p>Words {links}</p>{pictures}")
        with CaptureQueriesContext(connection) as queries:
            preflight.look_at(campaign)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_worker_is_noted_and_seldom(ready: NewsletterSettings) -> None:
    for ago, is_noted in ((timedelta(seconds=5), False), (timedelta(minutes=1), True)):
        before = timezone.now() - ago
        NewsletterSettings.objects.update(worker_seen_at=before)
        with CaptureQueriesContext(connection) as queries:
            NewsletterSettings.load().mark_worker_seen()
        assert len(queries) == (2 if is_noted else 1)
    ready.refresh_from_db()
    assert ready.worker_seen_at is not None
    assert timezone.now() - ready.worker_seen_at < timedelta(seconds=30)
