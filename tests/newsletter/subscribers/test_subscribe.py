"""The sign-up form, from the visitor to the confirmed subscriber, and its protection against abuse."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.models import (
    ConsentEvent,
    NewsletterSettings,
    Subscriber,
    SubscriberEmail,
    Suppression,
)
from outbox import sending
from privacy.email_addresses import hash_email
from public_forms.forms import issue_shared_token, issue_token
from public_forms.models import RateLimitCounter
from tests.factories import make_subscriber
from tests.mail_server import Mailbox
from tests.newsletter.subscribers.public_pages import (
    SAM,
    SAME_ORIGIN,
    email_link,
    event_kinds,
    sign_up,
    xpath,
)


def statements(queries: CaptureQueriesContext) -> list[str]:
    """Return the captured statements without their values."""
    return [re.sub(r"'[^']*'|\bs\d+_x\d+\b|\b\d+\b|\bNULL\b", "?", query["sql"]) for query in queries]


def test_a_visitor_subscribes_confirms_and_unsubscribes(client: Client, mailbox: Mailbox) -> None:
    response = sign_up(client)
    assert (response.status_code, response["Location"]) == (303, "/newsletter/check-your-inbox/")
    assert not response.cookies
    assert mailbox.messages == []  # the worker sends it, so the visitor does not wait
    subscriber = Subscriber.objects.get()
    assert (subscriber.status, subscriber.email) == ("pending", SAM)
    call_command("worker", once=True)
    call_command("worker", once=True)
    (message,) = mailbox.messages
    assert message["To"] == SAM
    assert message["From"] == "Move Better <site@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None  # not subscribed yet
    page = client.get(email_link(message, "confirm"))
    assert SAM in page.content.decode()
    (consent_text,) = xpath(page.content, "//input[@name='consent_text']/@value")
    assert Subscriber.objects.mailable().count() == 0
    page = client.post(email_link(message, "confirm"), {"consent_text": consent_text})
    assert "You're subscribed" in page.content.decode()
    assert not page.cookies
    assert set(Subscriber.objects.mailable()) == {subscriber}
    assert [str(row) for row in subscriber.subscriptions.all()] == ["New posts: As soon as something is published"]
    assert sending.send_due_emails() == 1
    welcome = mailbox.messages[1]
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = client.post(email_link(welcome, "u"))
    assert "You're unsubscribed" in page.content.decode()
    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"
    assert Suppression.objects.for_email(SAM).get().reason == "unsubscribed"
    assert event_kinds(subscriber) == ["requested", "emailed", "confirmed", "unsubscribed"]


@pytest.mark.parametrize("known", ["", "pending", "active", "unsubscribed", "bounced", "complained", "blocked"])
def test_the_response_does_not_reveal_who_is_subscribed(client: Client, mailbox: Mailbox, known: str) -> None:
    if known:
        status = "active" if known == "blocked" else known
        make_subscriber(email="SAM@Example.org", status=status)
    if known == "blocked":
        Suppression.objects.add(hash_email(SAM), "manual")
    sign_up(client, "first@example.org")  # the very first sign-up also stores the consent text
    SubscriberEmail.objects.all().delete()
    with CaptureQueriesContext(connection) as for_unknown:
        expected = sign_up(client, "new@example.org")
    with CaptureQueriesContext(connection) as queries:
        response = sign_up(client)
    assert (response.status_code, response["Location"], response.content) == (303, "/newsletter/check-your-inbox/", b"")
    assert (expected.status_code, expected["Location"], expected.content) == (303, response["Location"], b"")
    # The same statements on the same tables for everyone, and one email to send later.
    assert statements(queries) == statements(for_unknown)
    assert len(queries) > 10
    assert mailbox.messages == []
    assert SubscriberEmail.objects.count() == 2
    SubscriberEmail.objects.exclude(subscriber__normalized_email=SAM).delete()
    sending.send_due_emails()
    assert len(mailbox.messages) == (0 if known == "blocked" else 1)
    for message in mailbox.messages:
        assert ("already" in message["Subject"]) == (known == "active")


@pytest.mark.parametrize("email", ["sam@bücher.example", "o'neil@example.org", "a=?utf-8?q?b?=@example.org"])
def test_unusual_email_addresses_get_their_email(client: Client, mailbox: Mailbox, email: str) -> None:
    assert sign_up(client, email).status_code == 303
    sending.send_due_emails()
    (message,) = mailbox.messages
    assert mailbox.envelopes[0][1] == [email.replace("bücher", "xn--bcher-kva")]
    assert message["Bcc"] is None
    assert client.post(email_link(message, "confirm")).status_code == 200
    assert Subscriber.objects.mailable().count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    [
        "",
        "sam",
        "sam@",
        "sam@example.org\nBcc: eve@example.org",
        "sam@example.org\r\nBcc: eve@example.org",
        "sam@example.org, eve@example.org",
        "<script>@example.org",
        '"sam smith"@example.org',
        '"sam..smith"@example.org',
        "\u017fam@example.org",
        "sam@straße.example",
        "\x00",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 59}.org",
        # 255 characters, one more than mail servers accept (RFC 5321, 4.5.3.1.3).
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.org",
    ],
)
def test_an_invalid_email_address_is_an_error_and_stores_nothing(client: Client, email: str) -> None:
    response = sign_up(client, email)
    assert response.status_code == 200
    assert xpath(response.content, "//title/text()")[0].startswith("Error: ")
    assert len(xpath(response.content, "//main//*[@aria-invalid]")) == 1
    assert Subscriber.objects.count() == 0


@pytest.mark.django_db
def test_an_email_address_gets_one_email_in_fifteen_minutes_and_three_a_day(client: Client) -> None:
    for number in range(5):
        for _ in range(2):
            assert sign_up(client, SAM if number % 2 else SAM.upper()).status_code == 303
            RateLimitCounter.objects.filter(count=10).update(count=0)  # ignore the limit per network
        assert SubscriberEmail.objects.count() == min(number + 1, 3)
        Subscriber.objects.update(confirmation_requested_at=timezone.now() - timedelta(minutes=16))
    assert ConsentEvent.objects.count() == 3


@pytest.mark.django_db
def test_a_network_can_sign_up_ten_times_a_day(client: Client) -> None:
    statuses = [sign_up(client, f"sam{number}@example.org").status_code for number in range(20)]
    assert statuses == [303] * 10 + [429] * 10
    assert Subscriber.objects.count() == 10


@pytest.mark.django_db
def test_sign_ups_from_all_networks_are_limited_per_hour_and_the_dashboard_says_so(
    client: Client, admin_client: Client
) -> None:
    NewsletterSettings.objects.create(max_signups_per_hour=4)

    def sign_up_from_network(number: int) -> int:
        data = {"email": f"sam{number}@example.org", "token": issue_token("signup", age=60)}
        response = client.post("/newsletter/", data, headers=SAME_ORIGIN, REMOTE_ADDR=f"192.0.2.{number}")
        return int(response.status_code)

    assert "Newsletter sign-ups are paused" not in admin_client.get("/admin/").content.decode()
    # Known email addresses count too.
    assert [sign_up_from_network(number) for number in (1, 2, 3, 4, 5, 1, 2)] == [303] * 4 + [429] * 3
    assert SubscriberEmail.objects.count() == 4
    assert "Newsletter sign-ups are paused" in admin_client.get("/admin/").content.decode()


@pytest.mark.django_db
def test_spam_forged_tokens_and_other_origins_store_nothing(client: Client) -> None:
    assert sign_up(client, homepage="http://spam.example").status_code == 303
    data = {"email": SAM, "token": issue_token("signup", age=60)}
    assert client.post("/newsletter/", data, headers={"origin": "https://example.com"}).status_code == 403
    for forged in ("", "x", issue_token("contact", age=60), issue_token("signup")):
        assert sign_up(client, token=forged).status_code == 200
    assert Subscriber.objects.count() == 0


@pytest.mark.django_db
def test_the_form_on_a_cached_page_works_with_one_click(client: Client) -> None:
    tokens = set(xpath(client.get("/").content, "//input[@name='token']/@value"))
    assert tokens == {issue_shared_token("signup")}
    assert sign_up(client, token=tokens.pop()).status_code == 303
