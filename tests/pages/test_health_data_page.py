"""The page about consumer health data lists what the register of personal data says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from lxml.html import HtmlElement
from pytest_django import Settings

from contact.models import RETENTION, Message
from pagecache.storage import page_store
from privacy.registry import Retention, format_period, register
from ptcomplete.email_settings import mailers
from tests.factories import make_page
from tests.pages.public_pages import get_tree

pytestmark = pytest.mark.django_db
PATH = "/consumer-health-data/"
LABELS = ["What", "Why", "Where it comes from", "How long we keep it", "Who gets it", "If you ask us to erase it"]


@pytest.fixture(autouse=True)
def page() -> None:
    make_page(title="Health data", slug="consumer-health-data", role="health_data", body="<p>In short.</p>")


@pytest.fixture
def message_entry() -> Iterator[None]:
    """Restore the entry that a test replaces."""
    entry = register.entries[Message]
    yield
    register.entries[Message] = entry


def words(element: HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def shown_entries(client: Client) -> dict[str, list[str]]:
    """Return the cells of each entry by its title."""
    tree = get_tree(client, PATH)
    titles = [words(title) for title in tree.xpath("//h4")]
    lists = tree.xpath("//*[contains(@class, 'stored-data')]//dl")
    assert [[words(term) for term in each.xpath(".//dt")] for each in lists] == [LABELS] * len(titles)
    return dict(zip(titles, [[words(cell) for cell in each.xpath(".//dd")] for each in lists], strict=True))


def test_the_page_equals_the_register(client: Client) -> None:
    public = {entry.title: entry for entry in register.ordered() if entry.category}
    found = shown_entries(client)
    assert list(found) == list(public)
    for title, (what, why, source, period, recipients, erasing) in found.items():
        entry = public[title]
        assert what.lower() == f"{'; '.join(entry.fields.values())}.".lower()
        assert (why, source, erasing) == (entry.purpose, entry.source, entry.erasing)
        assert period.lower() == f"{entry.retention_text}.".lower()
        assert recipients.lower() == f"{'; '.join(register.recipients_of(entry)) or 'Nobody else'}.".lower()
    assert {entry.category for entry in public.values()} == {
        words(title) for title in get_tree(client, PATH).xpath("//*[contains(@class, 'stored-data')]//h3")
    }


def test_the_page_follows_the_register(client: Client, message_entry: None) -> None:
    entry = register.entries[Message]
    period = Retention("your visit to the moon", timedelta(days=14), entry.retention[0].work, "test")
    register.entries[Message] = replace(entry, purpose="To wonder.", retention=(period,))
    page_store.clear()
    text = " ".join(shown_entries(client)[entry.title])
    assert "To wonder." in text
    assert "14 days after your visit to the moon." in text


def test_the_period_is_the_one_that_the_worker_uses(client: Client) -> None:
    shown = shown_entries(client)["Messages from the contact form"][3]
    assert shown == f"{format_period(RETENTION)} after the message is answered or archived."


@pytest.mark.parametrize(
    ("email_url", "backup_url", "expected"),
    [
        ("", "", "Nobody else."),
        ("smtp://localhost:25", "", "Our own mail server."),
        ("smtp://mail.example.com:587", "", "The mail server mail.example.com, which delivers our emails."),
        (
            "anymail://postmark?server_token=x",
            "s3://key:secret@bucket/?endpoint_url=https://s3.example.com",
            "Postmark, which delivers our emails; the storage service s3.example.com, where encrypted backups are kept"
            " for up to 186 days.",
        ),
        ("", "/backups", "Our own storage, where encrypted backups are kept for up to 186 days."),
    ],
)
def test_the_services_are_those_of_the_settings(
    client: Client, settings: Settings, email_url: str, backup_url: str, expected: str
) -> None:
    settings.MAILERS, settings.BACKUP_URL = mailers(email_url), backup_url
    assert shown_entries(client)["Messages from the contact form"][4] == expected


def test_the_rights_come_from_the_starter_text_and_nothing_about_staff_is_public(client: Client) -> None:
    text = words(get_tree(client, PATH))
    assert "In short." in text
    assert "Audit log" not in text
    assert "password" not in text.replace("how often a form or a password can be tried", "")
