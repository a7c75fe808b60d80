"""Create messages, submit the contact form and reply in the admin."""

from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone
from lxml import html
from lxml.html import HtmlElement

from contact.models import Message, Reply
from public_forms.forms import issue_token

INBOX = "/admin/contact/message/"
SAME_ORIGIN = {"origin": "http://testserver"}
OWNER = "owner@clinic.example.com"


def parse(content: bytes) -> HtmlElement:
    page: HtmlElement = html.fromstring(content)
    return page


def send(client: Client, **changes: str) -> Any:
    """Submit the form a minute after opening it, with `changes`, and return the response."""
    data = {"name": "Sam", "email": "sam@example.org", "subject": "A talk", "body": "Would you come?"}
    return client.post("/contact/", data | {"token": issue_token("contact", age=60)} | changes, headers=SAME_ORIGIN)


def make_message(**overrides: Any) -> Message:
    """Create a new message."""
    fields = {"name": "Sam", "email": "sam@example.org", "subject": "A talk", "body": "Would you come?"}
    return Message.objects.create(**fields | {"submission": uuid4()} | overrides)


def make_emails_due() -> None:
    """Skip the delay before the next attempt."""
    for model in (Message, Reply):
        model._default_manager.filter(next_attempt_at__isnull=False).update(next_attempt_at=timezone.now())


def reply(client: Client, message: Message, body: str = "Gladly.") -> Any:
    return client.post(f"/admin/contact/reply/add/?message={message.pk}", {"body": body})
