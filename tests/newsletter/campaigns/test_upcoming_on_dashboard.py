"""The automatic email about a new post on the dashboard, where it can be cancelled."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html

from newsletter.campaigns.automation import plan_campaigns
from newsletter.models import Campaign, NewsletterSettings
from tests.factories import make_campaign, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def upcoming(ready: NewsletterSettings) -> Campaign:
    """Return the campaign about a post that was just published."""
    NewsletterSettings.objects.update(is_automation_enabled=True)
    make_post(title="Knees and stairs", published_at=timezone.now())
    plan_campaigns()
    return Campaign.objects.get()


@pytest.mark.any_database
def test_the_dashboard_names_the_upcoming_email_and_cancels_it(upcoming: Campaign, admin_client: Client) -> None:
    page: Any = html.fromstring(admin_client.get("/admin/").text)
    (row,) = page.xpath("//li[contains(., 'The email “Knees and stairs” goes out')]")
    (form,) = row.xpath(".//form")
    assert form.get("method") == "post"
    fields = {name: value or "" for name, value in form.form_values()} | {"cancel": ""}
    answer = admin_client.post(form.get("action"), fields, follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    assert "goes out" not in answer.text
    upcoming.refresh_from_db()
    assert upcoming.status == Campaign.Status.CANCELLED


def test_looking_at_the_dashboard_cancels_nothing(upcoming: Campaign, admin_client: Client) -> None:
    admin_client.get(reverse("admin:newsletter_campaign_action", args=[upcoming.pk]) + "?cancel")
    upcoming.refresh_from_db()
    assert upcoming.status == Campaign.Status.SCHEDULED


def test_campaigns_that_an_author_scheduled_are_not_named(admin_client: Client) -> None:
    make_campaign(status="scheduled", scheduled_at=timezone.now() + timedelta(days=1))
    assert "goes out" not in admin_client.get("/admin/").text
