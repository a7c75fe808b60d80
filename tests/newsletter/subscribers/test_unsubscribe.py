"""Unsubscribing, with the button or with one click (RFC 8058)."""

import re

import pytest
from django.test import Client

from newsletter.models import Subscriber
from newsletter.tokens import TokenPurpose
from tests.factories import make_subscriber
from tests.newsletter.subscribers.public_pages import token_path

pytestmark = pytest.mark.django_db


def test_one_click_needs_no_browser_and_gives_the_same_response_for_any_token(client: Client) -> None:
    subscriber, erased = make_subscriber(), make_subscriber()
    paths = [token_path(subscriber, TokenPurpose.UNSUBSCRIBE)] * 2 + [token_path(erased, TokenPurpose.UNSUBSCRIBE)]
    erased.erase()
    paths += ["/newsletter/u/forged.token/", "/newsletter/u/%00/", f"/newsletter/u/{'x' * 3000}/"]
    body = "List-Unsubscribe=One-Click"
    responses = [
        client.generic(
            "POST", path, body, "application/x-www-form-urlencoded", headers={"sec-fetch-site": "cross-site"}
        )
        for path in paths
    ]
    assert {response.status_code for response in responses} == {200}
    pages = {re.sub(rb'value="[^"]*"', b"", response.content) for response in responses}
    assert len(pages) == 1
    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"
    assert [event.form for event in subscriber.consent_events.all()] == ["one click"]


@pytest.mark.parametrize("status", ["pending", "active", "unsubscribed", "bounced", "complained"])
def test_unsubscribing_works_in_every_status_and_keeps_a_complaint(client: Client, status: str) -> None:
    subscriber = make_subscriber(status=status)
    assert client.post(token_path(subscriber, TokenPurpose.UNSUBSCRIBE)).status_code == 200
    subscriber.refresh_from_db()
    assert subscriber.status == ("unsubscribed" if status in {"active", "bounced"} else status)
    assert Subscriber.objects.mailable().count() == 0


def test_the_link_in_an_old_email_still_unsubscribes(client: Client) -> None:
    subscriber = make_subscriber()
    old_path = token_path(subscriber, TokenPurpose.UNSUBSCRIBE)
    Subscriber.objects.update(token_version=9)
    assert client.post(old_path).status_code == 200
    assert Subscriber.objects.get().status == "unsubscribed"
