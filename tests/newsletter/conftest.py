"""What campaigns need before they may go out."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from newsletter.models import NewsletterSettings
from tests.factories import make_subscriber


@pytest.fixture
def ready(settings: Settings) -> NewsletterSettings:
    """A sender that lacks nothing, a worker that is there, and one person on the list."""
    settings.SITE_URL = "https://www.example.com"
    make_subscriber()
    return NewsletterSettings.objects.create(
        from_email="letters@example.com",
        reply_to="me@example.com",
        postal_address="PO Box 12",
        worker_seen_at=timezone.now(),
    )
