"""Campaign pages of the admin in a browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings

from newsletter.models import Campaign, Delivery, NewsletterSettings
from tests.factories import make_campaign, make_delivery, make_subscriber
from tests.newsletter.campaigns.admin_pages import (
    LIST,
    admin_path,
    make_draft,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_progress_is_updated_until_the_campaign_pauses(admin_page: Page) -> None:
    campaign = make_campaign(status="sending", total=2, started_at=timezone.now())
    rows = [make_delivery(campaign=campaign) for _ in range(2)]
    admin_page.goto(admin_path(campaign, "progress"))
    expect(admin_page.locator(".progress-summary")).to_contain_text("0 of 2 sent")
    first = Delivery.objects.filter(pk=rows[0].pk)
    first.transition("pending", "claimed", owner="w", lease_until=timezone.now() + timedelta(minutes=5))
    first.transition("claimed", "sent")
    expect(admin_page.locator(".progress-summary")).to_contain_text("1 of 2 sent")
    Campaign.objects.filter(pk=campaign.pk).transition(
        "sending", "paused", pause_reason="The mail server rejects our emails."
    )
    expect(admin_page.locator(".notice")).to_contain_text("The mail server rejects our emails.")
    expect(admin_page.locator("[data-progress-url]")).to_have_attribute("data-progress-url", "")


def test_preview_has_widths_color_schemes_and_plain_text(admin_page: Page) -> None:
    campaign = make_draft()
    admin_page.goto(admin_path(campaign))
    admin_page.get_by_role("radio", name="Phone").check()
    frame = admin_page.locator("iframe.email-preview-light")
    expect(frame).to_be_visible()
    assert frame.bounding_box()["width"] == 390  # type: ignore[index]
    admin_page.get_by_role("radio", name="Plain text").check()
    expect(frame).to_be_hidden()
    expect(admin_page.frame_locator("iframe.email-preview-text").locator("pre")).to_contain_text("Walk ten minutes")
    admin_page.get_by_role("radio", name="Dark").check()
    expect(admin_page.frame_locator("iframe.email-preview-dark").locator("body")).to_contain_text("Walk ten minutes")


def test_campaign_is_written_and_scheduled_on_a_phone(admin_page: Page, settings: Settings) -> None:
    NewsletterSettings.objects.create(postal_address="PO Box 12", from_email="me@localhost")
    make_subscriber()
    admin_page.set_viewport_size({"width": 390, "height": 800})
    admin_page.goto(f"{LIST}add/")
    admin_page.get_by_placeholder("Subject").fill("A campaign")
    admin_page.locator(".field-body .ProseMirror").click()
    admin_page.keyboard.type("Walk ten minutes a day.")
    admin_page.get_by_role("button", name="Send …").click()
    expect(admin_page.get_by_text("1 subscriber")).not_to_have_count(0)
    assert admin_page.evaluate("document.documentElement.scrollWidth") <= 390
    admin_page.get_by_role("button", name="Send to 1 subscriber").click()
    expect(admin_page.locator(".messagelist")).to_contain_text("will start within seconds")
    assert admin_page.evaluate("document.documentElement.scrollWidth") <= 390
    campaign = Campaign.objects.get()
    assert (campaign.subject, campaign.body, campaign.status) == (
        "A campaign",
        "<p>Walk ten minutes a day.</p>",
        "scheduled",
    )
