"""A newsletter that sends to a mail server in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from siteinfo.models import SiteInfo
from tests.mail_server import Mailbox, mail_server
from tests.newsletter.delivery.harness import make_newsletter_settings


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path, db: None) -> Iterator[Mailbox]:
    """Return the mailbox of the mail server that the newsletter sends to."""
    settings.NEWSLETTER_JOURNAL_DIR = tmp_path / "newsletter"
    SiteInfo.objects.create(name="Move Better")
    make_newsletter_settings(connections=1, batch_size=500)
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        yield mailbox
