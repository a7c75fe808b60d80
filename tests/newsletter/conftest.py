"""A newsletter that can send, and a mail server for transactional emails."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django import Settings

from newsletter.models import NewsletterSettings
from operations.models import WorkerProcess
from siteinfo.models import SiteInfo
from tests.factories import make_subscriber
from tests.mail_server import Mailbox, mail_server


@pytest.fixture
def ready(settings: Settings) -> NewsletterSettings:
    """Complete settings, a running worker and one subscriber: all that a campaign needs."""
    settings.SITE_URL = "https://www.example.com"
    make_subscriber()
    WorkerProcess(kind="worker", host="host", pid=1, version="1", started_at=timezone.now()).report()
    return NewsletterSettings.objects.create(
        from_email="news@example.com", reply_to="me@example.com", postal_address="PO Box 12"
    )


@pytest.fixture
def mailbox(settings: Settings, db: None) -> Iterator[Mailbox]:
    """Return the mailbox of a running mail server."""
    SiteInfo.objects.create(name="Move Better")
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        yield mailbox
