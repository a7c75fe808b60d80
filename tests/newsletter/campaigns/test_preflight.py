"""Preflight checks: which findings block a campaign and which are only warnings."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from newsletter.campaigns import preflight
from newsletter.models import AnnouncedPost, Campaign, NewsletterSettings, Subscriber, Topic
from newsletter.rendering.messages import RenderedEmail
from newsletter.rendering.personal_links import placeholder_url
from newsletter.tokens import TokenPurpose
from operations.models import WorkerProcess
from tests.factories import make_campaign, make_image, make_post, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
COMPLETE = {"subject": "A short subject", "preheader": "Words after it", "body": "<p>Walk ten minutes a day.</p>"}


def make_draft(**overrides: Any) -> Campaign:
    return make_campaign(**{"status": "draft", "frozen_sha256": ""} | COMPLETE | overrides)


def messages(level: str, campaign: Campaign) -> str:
    """Return the messages of all findings at `level`."""
    findings = preflight.run_preflight(campaign).findings
    return " ".join(finding.message for finding in findings if finding.level == level)


def test_complete_campaign_passes() -> None:
    result = preflight.run_preflight(make_draft())
    assert (result.stops, result.warnings, result.audience_size) == ([], [], 1)
    assert all(finding.level == "ok" for finding in result.findings)


def test_incomplete_campaign_is_blocked(settings: Settings) -> None:
    topic = Topic.objects.create(name="Knees", slug="knees")
    for overrides, message in (
        ({"subject": " "}, "The subject is empty"),
        ({"body": ""}, "The text is empty"),
        ({"topic": topic}, "Nobody would receive it"),
    ):
        assert message in messages("error", make_draft(**overrides))
    NewsletterSettings.objects.update(max_per_day=0)
    assert "A limit of 0 emails" in messages("error", make_draft())
    NewsletterSettings.objects.update(postal_address="", from_email="me@mail.example.net")
    settings.SITE_URL = "http://www.example.com"
    stops = messages("error", make_draft())
    for message in ("Enter your postal address", "https://", "mail.example.net, not example.com"):
        assert message in stops


@pytest.mark.parametrize("kind", ["post", "digest"])
def test_automatic_campaign_needs_public_content_but_no_text(kind: str) -> None:
    post = make_post()
    campaign = make_draft(kind=kind, body="", post=post if kind == "post" else None)
    AnnouncedPost.objects.create(post=post, digest=campaign)
    assert messages("error", campaign) == ""
    post.trash()
    assert "not public" in messages("error", Campaign.objects.get())


@pytest.mark.parametrize("purpose", list(TokenPurpose))
def test_personal_link_of_a_subscriber_is_blocked(purpose: TokenPurpose) -> None:
    url = Subscriber.objects.get().build_url(purpose)
    stops = messages("error", make_draft(body=f'<p><a href="{url}">Manage preferences</a></p>'))
    assert stops == "It contains the personal link of a subscriber."


def test_forbidden_content_of_the_rendered_email_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_draft()
    unsubscribe = f'<a href="{placeholder_url(campaign, TokenPurpose.UNSUBSCRIBE)}">Unsubscribe</a>'
    for html, text, message in (
        (
            f'{unsubscribe}<a href="https://www.amazon.de/dp/B000000001?tag=x">Roller</a>',
            unsubscribe,
            "It links to Amazon",
        ),
        (f'{unsubscribe}<a href="/knees/">Knees</a>', unsubscribe, "A link is not a complete URL"),
        (unsubscribe + "x" * preflight.MAX_HTML_BYTES, unsubscribe, "The email is too large (100 kB)"),
        ("<p>Text</p>", unsubscribe, "The HTML version has no unsubscribe link."),
        (unsubscribe, "Text", "The plain text version has no unsubscribe link."),
    ):
        email = RenderedEmail("Subject", html, text)
        monkeypatch.setattr(preflight, "render_campaign", lambda *_, email=email: email)
        assert message in messages("error", campaign)


def test_warnings_do_not_block() -> None:
    make_post(slug="coming", status="draft", published_at=None, title="Coming")
    image = make_image(alt="", title="A knee")
    body = (
        f'<p>Words <a href="https://www.example.com/coming/">1</a> <a href="/nowhere/">2</a></p>'
        f'<figure><img data-image="{image.pk}"></figure>'
    )
    NewsletterSettings.objects.update(reply_to="", max_per_hour=1)
    WorkerProcess.objects.update(seen_at=timezone.now() - timedelta(minutes=3))
    for _ in range(50):
        make_subscriber()
    campaign = make_draft(subject="A subject that is longer than any telephone shows in full", preheader="", body=body)
    campaign.subject += " to anybody at all"
    result = preflight.run_preflight(campaign)
    assert result.stops == []
    warnings = messages("warning", campaign)
    for message in (
        "Replies go to news@example.com",
        "The subject has 7",
        "The preheader is empty",
        "“Coming” is a draft",
        "The link to /nowhere is broken",
        "Images without alt text: “A knee”",
        "At 1 per hour that takes about 2 days",
        "The worker, which sends campaigns, is not running.",
    ):
        assert message in warnings
    WorkerProcess.objects.all().delete()
    assert "is not running" in messages("warning", campaign)
    WorkerProcess(kind="newsletter_worker", host="host", pid=1, version="1", started_at=timezone.now()).report()
    assert "is not running" not in messages("warning", campaign)


def test_missing_audience_and_duplicate_campaigns_are_reported() -> None:
    topic = Topic.objects.create(name="Posts", slug="posts")
    post = make_post()
    campaign = make_draft(topic=topic, post=post)
    assert "Nobody would receive it." in messages("error", campaign)
    make_subscriber().subscriptions.create(topic=topic, cadence="weekly")
    assert "Nobody would receive it." not in messages("error", campaign)
    assert "Another campaign" not in messages("warning", campaign)
    make_campaign(kind="post", post=post, status="scheduled", subject="Automatic")
    make_campaign(post=post, status="draft", subject="Just an idea")
    assert "Another campaign about this post is “scheduled”: Automatic." in messages("warning", campaign)


def test_local_site_needs_no_https(settings: Settings) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    NewsletterSettings.objects.update(from_email="me@127.0.0.1")
    assert preflight.run_preflight(make_draft()).stops == []


def test_blocked_campaign_cannot_be_scheduled(admin_client: Client) -> None:
    campaign = make_draft(body="", scheduled_at=None, not_after=None)
    path = f"/admin/newsletter/campaign/{campaign.pk}/send/"
    page = admin_client.get(path).content.decode()
    assert "This campaign can't be sent yet" in page
    assert "Send to" not in page
    data = {"when": "now", "at_0": "", "at_1": "", "approved": "1:draft:"}
    assert "This campaign can't be sent yet" in admin_client.post(path, data).content.decode()
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    # The same request succeeds once the problem is fixed.
    Campaign.objects.update(body=COMPLETE["body"])
    assert admin_client.post(path, data).status_code == 302
    campaign.refresh_from_db()
    assert campaign.status == "scheduled"


def test_number_of_queries_does_not_depend_on_the_content() -> None:
    query_counts = []
    for number in (2, 40):
        links = "".join(f'<a href="/place-{each}/">{each}</a> ' for each in range(number))
        images = "".join(f'<figure><img data-image="{make_image(alt="").pk}"></figure>' for _ in range(number // 2))
        campaign = make_draft(body=f"<p>Words {links}</p>{images}")
        with CaptureQueriesContext(connection) as queries:
            preflight.run_preflight(campaign)
        query_counts.append(len(queries))
    assert query_counts[0] == query_counts[1]
