"""Affiliate programs, and settings with automation turned on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import NewsletterSettings
from tests.affiliates.conftest import amazon, shop  # noqa: F401 - fixtures
from tests.newsletter.delivery.harness import make_newsletter_settings


@pytest.fixture
def newsletter_settings(db: None) -> NewsletterSettings:
    """Return settings with automation turned on and a digest that was due an hour ago."""
    due = timezone.localtime() - timedelta(hours=1)
    return make_newsletter_settings(is_automation_enabled=True, digest_weekday=due.weekday(), digest_hour=due.hour)
