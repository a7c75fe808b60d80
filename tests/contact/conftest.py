"""A mail server for the contact form."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from contact.models import ContactSettings
from tests.contact.factories import OWNER
from tests.mail_server import Mailbox, mail_server


@pytest.fixture
def mailbox(settings: Settings, db: None) -> Iterator[Mailbox]:
    """Return the emails accepted by a running mail server, for a site that wants its messages emailed."""
    ContactSettings.objects.create(notify_email=OWNER)
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        yield mailbox
