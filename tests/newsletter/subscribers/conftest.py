"""A mail server for transactional emails."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from siteinfo.models import SiteInfo
from tests.mail_server import Mailbox, mail_server


@pytest.fixture
def mailbox(settings: Settings, db: None) -> Iterator[Mailbox]:
    """Return the mailbox of a running mail server."""
    SiteInfo.objects.create(name="Move Better")
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        yield mailbox
