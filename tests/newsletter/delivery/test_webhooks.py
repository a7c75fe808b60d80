"""Provider events count once, in any order, and only from the provider in use."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from newsletter.checks import check_webhooks
from newsletter.delivery import deliverability
from newsletter.delivery.results import recover
from newsletter.models import (
    Delivery,
    NewsletterSettings,
    WebhookEvent,
)
from tests.factories import make_campaign, make_subscriber
from tests.newsletter.delivery.provider_events import (
    POSTMARK,
    WEBHOOK_PATH,
    bounce,
    complaint,
    database_rows,
    delivered,
    event,
    make_sent_delivery,
    post_event,
    use_provider,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postmark")]


def test_order_of_events_does_not_matter() -> None:
    results = set()
    for order in permutations((delivered, complaint, bounce)):
        subscriber = make_subscriber()
        delivery = make_sent_delivery(subscriber)
        for make_event in order:
            assert post_event(make_event(delivery)) == 200
        subscriber.refresh_from_db()
        delivery.refresh_from_db()
        results.add(
            (
                subscriber.status,
                delivery.status,
                bool(delivery.delivered_at and delivery.bounced_at and delivery.complained_at),
            )
        )
    assert results == {("complained", "sent", True)}


@pytest.mark.parametrize("make_event", [delivered, complaint, bounce])
def test_repeated_event_counts_once(make_event: Any) -> None:
    delivery = make_sent_delivery(make_subscriber())
    body = make_event(delivery)
    assert post_event(body) == 200
    before = database_rows()
    assert [post_event(body) for _ in range(3)] == [200] * 3
    assert database_rows() == before
    assert WebhookEvent.objects.count() == 1


@pytest.mark.parametrize("status", ["pending", "claimed", "sent", "deferred", "failed", "skipped"])
def test_event_changes_only_the_status_of_uncertain_deliveries(status: str) -> None:
    delivery = make_sent_delivery(make_subscriber(), status=status, sent_at=timezone.now())
    if status == "claimed":
        Delivery.objects.update(owner="worker")
    for make_event in (delivered, bounce, complaint):
        assert post_event(make_event(delivery)) == 200
    delivery.refresh_from_db()
    assert delivery.status == status
    assert delivery.delivered_at


@pytest.mark.parametrize("make_event", [delivered, bounce, complaint])
def test_event_marks_an_uncertain_delivery_as_sent(make_event: Any) -> None:
    delivery = make_sent_delivery(make_subscriber(), status="uncertain", sent_at=None)
    assert post_event(make_event(delivery)) == 200
    delivery.refresh_from_db()
    assert delivery.status == "sent"
    assert delivery.sent_at


@pytest.mark.parametrize("status", ["sending", "paused"])
@pytest.mark.parametrize("make_event", [delivered, bounce, complaint])
def test_delivery_with_an_event_is_not_sent_again_after_a_crash(make_event: Any, status: str) -> None:
    expired = {"lease_until": timezone.now() - timedelta(seconds=1), "owner": "dead"}
    campaign = make_campaign(status=status)
    delivery, silent = (
        make_sent_delivery(make_subscriber(), status="claimed", sent_at=None, campaign=campaign, **expired)
        for _ in range(2)
    )
    assert post_event(make_event(delivery)) == 200
    recover()
    assert [Delivery.objects.get(pk=each.pk).status for each in (delivery, silent)] == [
        "sent",
        "pending" if status == "sending" else "uncertain",
    ]


def test_resend_events_are_matched_by_provider_id(settings: Settings) -> None:
    use_provider(settings, "anymail://resend?api_key=key")
    subscriber = make_subscriber(confirmed_at=datetime(2026, 2, 1, tzinfo=UTC))
    delivery = make_sent_delivery(subscriber, provider_id="re-1")
    for kind, status in (("Transient", "active"), ("Permanent", "bounced")):
        bounce_data = {"type": kind, "message": "The recipient's email provider sent a hard bounce message"}
        data = {"email_id": "re-1", "to": [subscriber.email], "bounce": bounce_data}
        body = {"type": "email.bounced", "created_at": "2026-03-01T10:00:00Z", "data": data}
        assert post_event(body, "resend", headers={"svix-id": kind}) == 200
        subscriber.refresh_from_db()
        assert subscriber.status == status
    delivery.refresh_from_db()
    assert delivery.bounced_at


def test_event_about_another_email_is_matched_by_address() -> None:
    """For example the confirmation email to an address that does not exist."""
    pending = make_subscriber(status="pending", confirmed_at=None)
    assert post_event(event("Bounce", Type="HardBounce", Email=pending.email.upper())) == 200
    pending.refresh_from_db()
    assert pending.status == "bounced"


@pytest.mark.parametrize("credentials", ["hook:wrong", "hook", ":", "hook:secret\0", "x" * 10_000])
def test_forged_event_changes_nothing(credentials: str) -> None:
    delivery = make_sent_delivery(make_subscriber())
    before = database_rows()
    assert post_event(complaint(delivery), credentials=credentials) == 403
    assert post_event(complaint(delivery), headers={"Authorization": "Basic ???"}) == 403
    assert post_event(complaint(delivery), headers={"Authorization": ""}) == 403
    assert database_rows() == before


def test_provider_with_signatures_needs_a_valid_one(settings: Settings) -> None:
    use_provider(settings, "anymail://mailgun?api_key=key&sender_domain=example.com")
    subscriber = make_subscriber()
    delivery = make_sent_delivery(subscriber)

    def signed(key: str) -> dict[str, Any]:
        timestamp, token = "1772359200", "token"
        digest = hmac.new(key.encode(), f"{timestamp}{token}".encode(), "sha256").hexdigest()
        data = {
            "event": "complained",
            "recipient": subscriber.email,
            "user-variables": {"delivery": delivery.message_id},
        }
        return {"signature": {"timestamp": timestamp, "token": token, "signature": digest}, "event-data": data}

    before = database_rows()
    assert post_event(signed("another key"), "mailgun") == 403
    assert post_event(signed("key"), "mailgun", credentials="hook:wrong") == 403
    malformed: list[Any] = [{}, [], {"signature": 1}, b"text"]
    assert {post_event(body, "mailgun") for body in malformed} <= {400, 403}
    assert database_rows() == before
    assert post_event(signed("key"), "mailgun") == 200
    subscriber.refresh_from_db()
    assert subscriber.status == "complained"


def test_only_the_provider_in_use_is_accepted_and_only_over_https(settings: Settings, client: Client) -> None:
    body = complaint(make_sent_delivery(make_subscriber()))
    before = database_rows()
    assert post_event(body, secure=False) == 404
    assert post_event(body, "resend") == 404
    assert post_event(body, "no-such-provider") == 404
    use_provider(settings, POSTMARK, secret="")
    assert post_event(body) == 404
    use_provider(settings, "smtp://127.0.0.1")
    assert post_event(body, "smtp") == 404
    assert database_rows() == before
    use_provider(settings, POSTMARK)
    assert client.get(WEBHOOK_PATH.format("postmark"), secure=True).status_code == 405
    assert client.head(WEBHOOK_PATH.format("postmark"), secure=True).status_code == 200
    assert database_rows() == before


def test_event_about_unknown_emails_or_subscribers_changes_nothing() -> None:
    make_subscriber()
    before = database_rows()
    unknown: list[dict[str, Any]] = [
        {"Metadata": {"delivery": "<unknown@example.com>"}},
        {"Metadata": {"delivery": "x" * 5000}, "MessageID": "y" * 5000},
        {"Metadata": {"delivery": {"a": []}}},
        {"Metadata": {"delivery": "a\0b"}, "MessageID": "\0", "Email": "\0@\0"},
        {"Metadata": []},
        {"MessageID": ["a"], "Email": {"b": 1}},
        {"Email": "nobody@example.org"},
        {"Email": "ä" * 400 + "@" + "ß" * 400},
        {"Metadata": json.loads('{"a":' * 500 + "1" + "}" * 500)},
        {},
    ]
    for fields in unknown:
        assert post_event(event("Bounce", None, Type="HardBounce") | fields) in (200, 400), fields
        assert database_rows() == before, fields


@pytest.mark.parametrize(
    "timestamp", ["2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2026-03-01T10:00:00", "yesterday"]
)
def test_impossible_timestamp_is_replaced_or_rejected(timestamp: str) -> None:
    delivery = make_sent_delivery(make_subscriber())
    status = post_event(delivered(delivery) | {"DeliveredAt": timestamp})
    delivery.refresh_from_db()
    assert status in (200, 400)
    assert delivery.delivered_at is None or delivery.delivered_at <= timezone.now()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"text",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b"[{}, {}]",
        b'{"RecordType": {"a": 1}}',
        b'{"RecordType": "Inbound"}',
        b'{"RecordType": "Bounce", "Type": ["a"]}',
        b"[" * 100_000,
    ],
)
def test_malformed_event_is_rejected(body: bytes) -> None:
    make_subscriber()
    before = database_rows()
    assert post_event(body) == 400
    assert database_rows() == before


def test_oversized_request_is_rejected() -> None:
    delivery = make_sent_delivery(make_subscriber())
    before = database_rows()
    assert post_event(complaint(delivery) | {"Details": "x" * 1_100_000}) == 413
    assert database_rows() == before


def test_missing_webhook_settings_are_reported(settings: Settings) -> None:
    settings.SITE_URL = "https://example.com"
    assert check_webhooks() == []
    for secret in ("", "no colon", "name:"):
        use_provider(settings, POSTMARK, secret=secret)
        (warning,) = check_webhooks()
        assert "EMAIL_WEBHOOK_SECRET" in warning.msg
    settings.SITE_URL = "http://example.com"
    assert len(check_webhooks()) == 2
    problems = deliverability.settings_problems(NewsletterSettings.load())
    assert set(deliverability.webhook_problems()) < set(problems)
    use_provider(settings, "smtp://127.0.0.1")
    assert check_webhooks() == []
