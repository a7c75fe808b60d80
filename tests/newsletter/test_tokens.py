"""Tokens in email links, and the pages they open."""

from uuid import uuid4

import pytest
from django.core.signing import Signer, TimestampSigner
from django.test import Client
from django.utils import timezone

from newsletter.models import Subscriber
from newsletter.tokens import TokenPurpose
from outbox import sending
from tests.factories import make_subscriber
from tests.mail_server import Mailbox
from tests.newsletter.subscribers.public_pages import (
    database_rows,
    email_links,
    make_token,
    token_path,
    xpath,
)


def test_tokens_have_the_same_signatures_as_djangos() -> None:
    key, salt = uuid4(), "newsletter.tokens."
    unsubscribe = Signer(salt=f"{salt}UNSUBSCRIBE", sep=".").unsign(TokenPurpose.UNSUBSCRIBE.make_token(key, 3))
    assert unsubscribe == f"{key.hex}-3"
    preferences = TimestampSigner(salt=f"{salt}PREFERENCES", sep=".")
    assert preferences.unsign(TokenPurpose.PREFERENCES.make_token(key, 3), max_age=60) == f"{key.hex}-3"


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", [TokenPurpose.CONFIRM, TokenPurpose.PREFERENCES])
def test_forged_expired_and_outdated_tokens_are_rejected(
    client: Client, purpose: TokenPurpose, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    valid = make_token(subscriber, purpose)
    page_path = token_path(subscriber, purpose).removesuffix(f"{valid}/")
    invalid = [valid[:-1] + ("A" if valid[-1] != "A" else "B"), valid[5:], "x", "a.b.c", "%00", "é"]
    invalid += [make_token(subscriber, other) for other in TokenPurpose if other is not purpose]
    monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() - 91 * 86400)
    invalid.append(make_token(subscriber, purpose))
    monkeypatch.undo()
    Subscriber.objects.update(token_version=1)
    invalid.append(valid)
    before = database_rows()
    for token in invalid:
        for method in (client.get, client.post):
            response = method(f"{page_path}{token}/")
            assert response.status_code == 404
            assert "This link has expired." in response.content.decode()
    assert database_rows() == before


def test_a_scanner_that_opens_every_link_of_every_email_changes_nothing(client: Client, mailbox: Mailbox) -> None:
    pending = make_subscriber(status="pending", confirmed_at=None)
    active = make_subscriber()
    for subscriber, kind in ((pending, "confirm"), (active, "manage"), (active, "welcome")):
        subscriber.transactional_emails.create(kind=kind)
    sending.send_due_emails()
    before, opened = database_rows(), set()
    for message in mailbox.messages:
        for path in email_links(message):
            opened.add(path.split("/")[2])
            for _ in range(2):
                assert client.get(path).status_code == client.head(path).status_code == 200
    assert opened == {"confirm", "p", "u"}
    assert database_rows() == before


@pytest.mark.django_db
def test_pages_with_a_token_are_not_cached_indexed_or_leaked(client: Client) -> None:
    subscriber = make_subscriber()
    for purpose in TokenPurpose:
        for response in (
            client.get(token_path(subscriber, purpose)),
            client.get(f"/newsletter/{purpose.url_name[11:12]}/x.y/"),
        ):
            assert response["Referrer-Policy"] == "no-referrer" or response.status_code == 404
        response = client.get(token_path(subscriber, purpose))
        assert "no-store" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex"
        assert not response.cookies
        layout_links = xpath(response.content, "//header//@href | //footer//@value")
        assert make_token(subscriber, purpose) not in "".join(layout_links)
