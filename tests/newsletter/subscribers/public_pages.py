"""Use the newsletter's public pages as a visitor or an email scanner does."""

import re
from email.message import EmailMessage
from typing import Any

from django.test import Client
from lxml import html

from newsletter.models import (
    ConsentEvent,
    ConsentText,
    Subscriber,
    SubscriberEmail,
    Subscription,
    Suppression,
    Topic,
)
from newsletter.tokens import TokenPurpose
from public_forms.forms import issue_token

SAME_ORIGIN = {"origin": "http://testserver"}
SAM = "sam@example.org"


def sign_up(client: Client, email: str = SAM, **changes: str) -> Any:
    """Submit the sign-up form a minute after it was opened, with `changes` to its fields. Return the response."""
    data = {"email": email, "location": "sidebar", "token": issue_token("signup", age=60)}
    headers = SAME_ORIGIN | {"referer": "http://testserver/a-post/?q=secret"}
    return client.post("/newsletter/", data | changes, headers=headers)


def xpath(content: bytes, query: str) -> list[Any]:
    """Return what `query` matches in an HTML page."""
    matches: Any = html.fromstring(content).xpath(query)
    return list(matches)


def email_parts(message: EmailMessage) -> tuple[str, str]:
    """Return the plain text and the HTML of an email."""
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain
    assert rich
    return plain.get_content(), rich.get_content()


def email_links(message: EmailMessage) -> set[str]:
    """Return the paths of all links in an email, including its List-Unsubscribe header."""
    plain, rich = email_parts(message)
    links = set(re.findall(r"https?://testserver(/[^\s\"<>]+)", plain + rich))
    return links | set(re.findall(r"<https?://testserver(/[^>]+)>", message["List-Unsubscribe"] or ""))


def email_link(message: EmailMessage, page: str) -> str:
    """Return the only link in an email that starts with /newsletter/`page`/."""
    (link,) = {path for path in email_links(message) if path.startswith(f"/newsletter/{page}/")}
    return link


def database_rows() -> list[list[dict[str, Any]]]:
    """Return everything that the newsletter stores about subscribers, to compare before and after."""
    models: tuple[Any, ...] = (Subscriber, Subscription, ConsentEvent, ConsentText, Suppression, SubscriberEmail, Topic)
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def make_token(subscriber: Subscriber, purpose: TokenPurpose) -> str:
    """Return a current token of `subscriber`."""
    return purpose.make_token(subscriber.public_id, subscriber.token_version)


def token_path(subscriber: Subscriber, purpose: TokenPurpose) -> str:
    """Return the path of the page for `purpose`, with a current token."""
    return subscriber.build_url(purpose).removeprefix("http://testserver")


def event_kinds(subscriber: Subscriber) -> list[str]:
    """Return the kinds of events in the consent log of `subscriber`, oldest first."""
    return [event.kind for event in subscriber.consent_events.all()]
