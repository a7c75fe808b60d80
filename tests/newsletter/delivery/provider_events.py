"""Post events to the webhook in the format of an email provider."""

import json
from base64 import b64encode
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from newsletter.models import Campaign, ConsentEvent, Delivery, Subscriber, Suppression, WebhookEvent
from ptcomplete.email_settings import anymail, mailers
from tests.factories import make_delivery

WEBHOOK_PATH = "/newsletter/webhooks/{}/"
POSTMARK = "anymail://postmark?server_token=token"
CREDENTIALS = "hook:secret"
_event_ids = count(1000)


def use_provider(settings: Settings, url: str, secret: str = CREDENTIALS) -> None:
    """Use the email provider in `url`, with a webhook secret."""
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
    """Return a bounce."""
    return event("Bounce", delivery, Type=kind, BouncedAt=timezone.now().isoformat())


def complaint(delivery: Delivery) -> dict[str, Any]:
    """Return a spam complaint."""
    return event("SpamComplaint", delivery, BouncedAt=timezone.now().isoformat())


def delivered(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery confirmation."""
    return event("Delivery", delivery, Recipient=delivery.to_email, DeliveredAt=timezone.now().isoformat())


def make_sent_delivery(subscriber: Subscriber, **fields: Any) -> Delivery:
    """Create a delivery to `subscriber` that was sent."""
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
