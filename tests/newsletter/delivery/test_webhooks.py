"""Provider events count once, in any order, only from the provider in use, and never against a subscriber wrongly."""

import hmac
import json
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from newsletter.checks import check_webhooks
from newsletter.delivery import deliverability
from newsletter.delivery.sending import recover
from newsletter.models import (
    Campaign,
    ConsentEvent,
    Delivery,
    NewsletterSettings,
    Subscriber,
    Suppression,
    WebhookEvent,
)
from ptcomplete.email_settings import anymail, mailers
from tests.factories import make_campaign, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

WEBHOOK_PATH = "/newsletter/webhooks/{}/"
CREDENTIALS = "hook:secret"
_event_ids = count(1000)


@pytest.fixture(autouse=True)
def _postmark(settings: Settings) -> None:
    use_provider(settings, "anymail://postmark?server_token=token")


def use_provider(settings: Settings, url: str, secret: str = CREDENTIALS) -> None:
    settings.MAILERS, settings.ANYMAIL = mailers(url), anymail(url, webhook_secret=secret)


def post_event(
    body: Any,
    name: str = "postmark",
    credentials: str = CREDENTIALS,
    *,
    secure: bool = True,
    headers: dict[str, str] | None = None,
) -> int:
    """Post `body` as the provider does and return the status of the response, which must set no cookie."""
    client = Client()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    authorization = "Basic " + b64encode(credentials.encode()).decode()
    response = client.post(
        WEBHOOK_PATH.format(name),
        content,
        content_type="application/json",
        secure=secure,
        headers={"Authorization": authorization} | (headers or {}),
    )
    assert not response.cookies
    return response.status_code


def event(record_type: str, delivery: Delivery | None = None, **fields: Any) -> dict[str, Any]:
    """Return an event about `delivery` in Postmark's format."""
    recipient = {"Metadata": {"delivery": delivery.message_id}, "Email": delivery.to_email} if delivery else {}
    values: dict[str, Any] = {"RecordType": record_type, "MessageID": "provider-id", "Type": record_type}
    if record_type != "Delivery":
        values |= {"ID": next(_event_ids)}
    return values | recipient | fields


def bounce(delivery: Delivery, kind: str = "HardBounce") -> dict[str, Any]:
    return event("Bounce", delivery, Type=kind, BouncedAt=timezone.now().isoformat())


def complaint(delivery: Delivery) -> dict[str, Any]:
    return event("SpamComplaint", delivery, BouncedAt=timezone.now().isoformat())


def delivered(delivery: Delivery) -> dict[str, Any]:
    return event("Delivery", delivery, Recipient=delivery.to_email, DeliveredAt=timezone.now().isoformat())


def make_sent_delivery(subscriber: Subscriber, **fields: Any) -> Delivery:
    values = {
        "status": "sent",
        "subscriber": subscriber,
        "email_hash": subscriber.email_hash,
        "to_email": subscriber.email,
    }
    return make_delivery(**values | fields)


def database_rows() -> list[Any]:
    """Return all rows that an event could change."""
    tables = (Subscriber, Delivery, Campaign, WebhookEvent, Suppression, ConsentEvent)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_hard_bounce_removes_the_subscriber_at_once() -> None:
    subscriber = make_subscriber()
    delivery = make_sent_delivery(subscriber)
    assert post_event(bounce(delivery)) == 200
    subscriber.refresh_from_db()
    delivery.refresh_from_db()
    assert (subscriber.status, delivery.status) == ("bounced", "sent")
    assert delivery.bounced_at
    assert delivery.provider_id == "provider-id"
    assert not Subscriber.objects.mailable().exists()
    assert Suppression.objects.for_email(subscriber.email).get().reason == "bounced"
    consent_event = ConsentEvent.objects.get()
    assert (consent_event.kind, consent_event.form, consent_event.note) == ("bounced", "provider", "postmark")
    webhook_event = WebhookEvent.objects.get()
    assert (webhook_event.provider, webhook_event.kind, webhook_event.delivery) == ("postmark", "bounced", delivery)


@pytest.mark.parametrize("status", ["pending", "active", "unsubscribed", "bounced", "complained"])
def test_complaint_counts_in_every_status(status: str) -> None:
    delivery = make_sent_delivery(make_subscriber(status=status))
    assert post_event(complaint(delivery)) == 200
    delivery.refresh_from_db()
    assert delivery.complained_at
    assert Subscriber.objects.get().status == "complained"
    assert Suppression.objects.filter(reason="complained").count() == (status != "complained")


@pytest.mark.parametrize("make_event", [bounce, complaint])
def test_late_event_does_not_affect_a_subscriber_who_confirmed_again(make_event: Any) -> None:
    subscriber = make_subscriber(confirmed_at=timezone.now() - timedelta(days=9))
    delivery = make_sent_delivery(subscriber)
    body = make_event(delivery)
    subscriber.unsubscribe()
    again = Subscriber.objects.get()
    again.confirm()
    assert post_event(body) == 200
    delivery.refresh_from_db()
    assert delivery.bounced_at or delivery.complained_at
    assert Subscriber.objects.mailable().get() == subscriber
    assert post_event(make_event(delivery)) == 200
    assert not Subscriber.objects.mailable().exists()


def test_bounce_does_not_replace_a_complaint_or_an_unsubscribe() -> None:
    for status in ("unsubscribed", "complained"):
        subscriber = make_subscriber(status=status)
        assert post_event(bounce(make_sent_delivery(subscriber))) == 200
        subscriber.refresh_from_db()
        assert subscriber.status == status


def test_unsubscribe_at_the_provider_unsubscribes_here() -> None:
    subscriber = make_subscriber()
    fields = {"SuppressSending": True, "SuppressionReason": "ManualSuppression"}
    assert post_event(event("SubscriptionChange", make_sent_delivery(subscriber), **fields)) == 200
    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"


def test_soft_bounces_count_once_a_day_until_a_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    today = [date(2026, 3, 1)]
    monkeypatch.setattr("newsletter.models.subscribers.timezone.localdate", lambda: today[0])
    subscriber = make_subscriber()

    def soft_bounces_after(days: int, *events: Any) -> tuple[int, str]:
        today[0] += timedelta(days=days)
        for each in events:
            assert post_event(each) == 200
        subscriber.refresh_from_db()
        return subscriber.soft_bounce_count, subscriber.status

    delivery = make_sent_delivery(subscriber)
    assert soft_bounces_after(
        0, bounce(delivery, "SoftBounce"), bounce(delivery, "SoftBounce"), bounce(delivery, "Transient")
    ) == (1, "active")
    assert soft_bounces_after(1, bounce(delivery, "SoftBounce")) == (2, "active")
    assert soft_bounces_after(0, delivered(make_sent_delivery(subscriber))) == (0, "active")
    assert soft_bounces_after(1, bounce(delivery, "SoftBounce")) == (1, "active")
    assert soft_bounces_after(31, bounce(delivery, "SoftBounce")) == (1, "active"), (
        "A bounce from a month ago no longer counts."
    )
    for number in (2, 3, 4):
        assert soft_bounces_after(1, bounce(delivery, "SoftBounce")) == (number, "active")
    assert soft_bounces_after(1, bounce(delivery, "SoftBounce")) == (5, "bounced")
    assert Suppression.objects.for_email(subscriber.email).get().reason == "bounced"


@pytest.mark.parametrize(
    "kind", ["Blocked", "DMARCPolicy", "Unconfirmed", "SMTPApiError", "VirusNotification", "AutoResponder"]
)
def test_rejection_of_the_sender_does_not_affect_the_subscriber(kind: str) -> None:
    subscriber = make_subscriber()
    assert post_event(bounce(make_sent_delivery(subscriber), kind)) == 200
    subscriber.refresh_from_db()
    assert subscriber.status == "active"


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


def test_erased_subscriber_stays_erased() -> None:
    subscriber = make_subscriber()
    delivery = make_sent_delivery(subscriber)
    subscriber.erase()
    assert post_event(complaint(delivery)) == 200
    delivery.refresh_from_db()
    assert delivery.complained_at
    assert delivery.to_email == ""
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "erased"


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
    use_provider(settings, "anymail://postmark?server_token=token", secret="")
    assert post_event(body) == 404
    use_provider(settings, "smtp://127.0.0.1")
    assert post_event(body, "smtp") == 404
    assert database_rows() == before
    use_provider(settings, "anymail://postmark?server_token=token")
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


def test_too_many_complaints_pause_the_campaign() -> None:
    NewsletterSettings.objects.create(pause_complaint_percent="1.00")
    campaign = make_campaign(status="sending")
    deliveries = [make_sent_delivery(make_subscriber(), campaign=campaign) for _ in range(300)]
    for number, delivery in enumerate(deliveries[:4], start=1):
        assert post_event(complaint(delivery)) == 200
        campaign.refresh_from_db()
        assert campaign.status == ("paused" if number == 4 else "sending")
    assert campaign.pause_reason.startswith("4 of 300 subscribers marked this email as spam.")


def test_two_complaints_do_not_pause_a_small_campaign() -> None:
    campaign = make_campaign(status="sending")
    for delivery in [make_sent_delivery(make_subscriber(), campaign=campaign) for _ in range(3)][:2]:
        assert post_event(complaint(delivery)) == 200
    campaign.refresh_from_db()
    assert campaign.status == "sending"


def test_finished_campaign_is_not_paused() -> None:
    campaign = make_campaign(status="sent")
    for delivery in [make_sent_delivery(make_subscriber(), campaign=campaign) for _ in range(4)]:
        assert post_event(complaint(delivery)) == 200
    campaign.refresh_from_db()
    assert campaign.status == "sent"


def test_missing_webhook_settings_are_reported(settings: Settings) -> None:
    settings.SITE_URL = "https://example.com"
    assert check_webhooks() == []
    for secret in ("", "no colon", "name:"):
        use_provider(settings, "anymail://postmark?server_token=token", secret=secret)
        (warning,) = check_webhooks()
        assert "EMAIL_WEBHOOK_SECRET" in warning.msg
    settings.SITE_URL = "http://example.com"
    assert len(check_webhooks()) == 2
    problems = deliverability.settings_problems(NewsletterSettings.load())
    assert set(deliverability.webhook_problems()) < set(problems)
    use_provider(settings, "smtp://127.0.0.1")
    assert check_webhooks() == []
