"""The newsletter settings and their admin page."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from newsletter.delivery import deliverability
from newsletter.models import NewsletterSettings, SendWindow

pytestmark = pytest.mark.django_db


def test_the_form_validates_and_reports_what_prevents_sending(admin_client: Client, settings: Settings) -> None:
    path = "/admin/newsletter/newslettersettings/"
    page = admin_client.get(path).content.decode()
    assert all(escape(problem) in page for problem in deliverability.settings_problems(NewsletterSettings.load()))
    assert "your postal address" in page
    data = {
        "from_email": "me@straße.example",
        "connections": "0",
        "batch_size": "100",
        "uncertain_policy": "resend",
        "pause_error_percent": "10",
        "pause_complaint_percent": "0.3",
        "max_signups_per_hour": "200",
        "post_content": "full",
        "digest_weekday": "6",
        "digest_hour": "9",
    }
    page = admin_client.post(path, data).content.decode()
    assert "because of its length or its characters" in page
    assert "greater than or equal to 1" in page
    data |= {"from_email": "me@news.example.com", "connections": "2", "postal_address": "Main Street 1"}
    assert admin_client.post(path, data).status_code == 302
    settings.SITE_URL = "https://www.example.com"
    assert deliverability.settings_problems(NewsletterSettings.load()) == []
    settings.SITE_URL, settings.MAILERS = "http://other.example", {}
    assert len(deliverability.settings_problems(NewsletterSettings.load())) == 3


def test_a_period_has_one_send_window() -> None:
    newsletter_settings, now = NewsletterSettings.objects.create(max_per_hour=10), timezone.now()
    assert newsletter_settings.rate_limits() == {"hour": 10}
    SendWindow.objects.create(newsletter_settings=newsletter_settings, period="hour", starts_at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        SendWindow.objects.create(newsletter_settings=newsletter_settings, period="hour", starts_at=now)
