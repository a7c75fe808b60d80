"""Previews and test emails show what subscribers will get, without personal links."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from newsletter.campaigns import previews
from newsletter.models import Delivery, NewsletterSettings, Subscriber, TestEmail
from newsletter.rendering.messages import RenderedEmail
from outbox import sending as outbox
from tests.factories import make_campaign
from tests.mail_server import Mailbox, mail_server, message_text
from tests.newsletter.campaigns.admin_pages import (
    LIST,
    admin_path,
    get_page,
    make_draft,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_preview_requires_the_admin_and_is_sandboxed(admin_client: Client, client: Client) -> None:
    campaign = make_draft(subject="Secret")
    for name in ("preview", "progress", "progress/data", "recipients", "recipients/csv", "send"):
        response = client.get(admin_path(campaign, name))
        assert (response.status_code, response.content) == (302, b"")
    response = admin_client.get(admin_path(campaign, "preview"))
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in response["Cache-Control"]
    assert "Walk ten minutes" in response.content.decode()
    assert "<pre>" in get_page(admin_client, f"{admin_path(campaign, 'preview')}?as=text")


def test_preview_shows_the_chosen_color_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    html = "<head></head>@media (prefers-color-scheme: dark) { a } @media (prefers-color-scheme:light) { b }"
    monkeypatch.setattr(previews, "render_campaign", lambda *_: RenderedEmail("Subject", html, "text"))
    dark, light = (previews.preview_page(make_draft(), kind) for kind in ("dark", ""))
    assert "(min-width: 0) { a }" in dark
    assert "(max-width: 0) { b }" in dark
    assert "(max-width: 0) { a }" in light
    assert "prefers-color-scheme" not in dark + light


def test_test_email_is_sent_without_a_delivery(
    admin_client: Client, client: Client, admin_user: User, settings: Settings, ready: NewsletterSettings
) -> None:
    subscriber = Subscriber.objects.get()
    campaign = make_draft(subject="Knees")
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        page = get_page(admin_client, admin_path(campaign, "test-email"), {"to_email": admin_user.email})
        assert f"A test email to {admin_user.email} will be sent" in page
        assert (outbox.send_due_emails(), outbox.send_due_emails()) == (1, 0)
    (message,) = mailbox.messages
    assert mailbox.envelopes[0][1] == [admin_user.email]
    assert message["Subject"] == "[Test] Knees"
    assert "/newsletter/sample-link/" in message["List-Unsubscribe"]
    parts = [message_text(part) for part in message.iter_parts()]  # type: ignore[arg-type]
    assert len(parts) == 2
    for part in parts:
        assert "Walk ten minutes" in part
        assert "https://www.example.com/newsletter/sample-link/" in part
        assert "/newsletter/u/" not in part
        assert "/newsletter/p/" not in part
    for response in (client.get("/newsletter/sample-link/"), client.post("/newsletter/sample-link/")):
        assert "This was a test" in response.content.decode()
    subscriber.refresh_from_db()
    campaign.refresh_from_db()
    assert (subscriber.status, campaign.status, Delivery.objects.count()) == ("active", "draft", 0)
    assert ": Sent" in get_page(admin_client, admin_path(campaign))


def test_invalid_address_for_a_test_email_is_rejected(admin_client: Client) -> None:
    campaign = make_draft()
    assert "Enter a complete email address" in get_page(
        admin_client, admin_path(campaign, "test-email"), {"to_email": "me"}
    )
    assert admin_client.get(admin_path(campaign, "test-email")).status_code == 405
    assert not TestEmail.objects.exists()


def test_frozen_campaign_is_shown_as_sent(admin_client: Client) -> None:
    campaign = make_campaign(
        status="sent",
        frozen_subject="As sent",
        frozen_html="<p>As sent</p>",
        frozen_text="As sent",
        started_at=timezone.now(),
    )
    assert admin_client.get(admin_path(campaign))["Location"] == admin_path(campaign, "progress")
    page = get_page(admin_client, admin_path(campaign, "progress"))
    assert "Email as sent" in page
    assert "As sent" in get_page(admin_client, admin_path(campaign, "preview"))
    assert admin_client.get(f"{LIST}999999/progress/").status_code == 404
