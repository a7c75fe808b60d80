"""Fixtures of the analytics tests: a mail server, and an affiliate program."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from affiliates.models import Program
from analytics import spool
from tests.mail_server import Mailbox, mail_server


@pytest.fixture(autouse=True)
def close_spool() -> Iterator[None]:
    """Close the file of page views after each test."""
    yield
    spool.close()


@pytest.fixture
def mailbox(settings: Settings, db: None) -> Iterator[Mailbox]:
    """Return the mailbox of a running mail server."""
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        yield mailbox


@pytest.fixture
def program(db: None) -> Program:
    """Return a program that allows redirects."""
    return Program.objects.create(name="Quiet Shop", hosts="shop.example.com", tag="me", tag_parameter="ref")
