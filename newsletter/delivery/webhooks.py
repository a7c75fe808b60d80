"""Receive the email provider's events (delivered, bounced, marked as spam), parsed by anymail.

Providers send events twice, late and in any order. So every event counts once, its timestamp is stored next to a
delivery's status and never changes it back, and events about unknown emails and addresses are ignored.
"""

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from anymail.signals import EventType, RejectReason
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletter.delivery.auto_pause import complaint_rate_problem
from newsletter.delivery.providers import provider_name
from newsletter.models import Campaign, Delivery, NewsletterSettings, Subscriber, WebhookEvent
from plaintext.characters import strip_control_characters
from public_forms.body_limits import limit_body

log = logging.getLogger(__name__)

# Providers that batch events send less than this (SendGrid: 768 kB).
MAX_BYTES = 1024 * 1024
_ACCEPTED = frozenset({EventType.DELIVERED, EventType.OPENED, EventType.CLICKED})
_RETURNED = frozenset({EventType.BOUNCED, EventType.REJECTED})
_HARD_BOUNCES = frozenset({RejectReason.BOUNCED, RejectReason.INVALID})
# A rejection of us as the sender says nothing about the subscriber's address.
_SENDER_REJECTED = frozenset({RejectReason.BLOCKED, RejectReason.SPAM})
# anymail reports hard and soft bounces alike; only these fields of the provider tell them apart.
_BOUNCE_TYPE_FIELDS = frozenset({"type", "event", "bouncetype", "bounce_type"})
_SOFT_BOUNCE = re.compile("soft|transient|undetermined|temporary", re.IGNORECASE)


@limit_body(MAX_BYTES)
@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def webhook(request: HttpRequest, name: str) -> HttpResponse:
    """Receive events of the provider `name`.

    404 unless it is the provider in EMAIL_URL and a webhook secret is set; 403 without that secret.
    """
    if name != provider_name() or not settings.ANYMAIL.get("WEBHOOK_SECRET") or not request.is_secure():
        raise Http404
    try:
        view_class = resolve(f"/{name}/tracking/", "anymail.urls").func.view_class  # type: ignore[attr-defined]
    except Resolver404 as error:
        raise Http404 from error
    if request.method == "HEAD":
        return HttpResponse()
    try:
        view = view_class()
        view.run_validators(request)
        events = view.parse_events(request)
    except SuspiciousOperation:
        return _plain_text(403, "The credentials don't match EMAIL_WEBHOOK_SECRET, or the signature is invalid.")
    except Exception as error:
        # Log the type only: the message may contain an email address.
        log.warning("An event of %s could not be parsed: %s", name, type(error).__name__)
        return _plain_text(400, "The event could not be parsed.")
    for event in events:
        record_event(name, event)
    return HttpResponse()


def _plain_text(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def record_event(provider: str, event: Any) -> None:
    """Apply an anymail event to its delivery and subscriber, once and atomically. Ignore unknown recipients."""
    delivery = _find_delivery(event)
    subscriber = delivery.subscriber if delivery else _find_subscriber(event)
    if delivery is None and subscriber is None:
        return
    happened_at = min(event.timestamp, timezone.now()) if _is_aware(event.timestamp) else timezone.now()
    with transaction.atomic():
        values = {"kind": _clean(event.event_type)[:40], "happened_at": happened_at, "delivery": delivery}
        _, is_new = WebhookEvent.objects.get_or_create(provider=provider, event_id=_event_id(event), defaults=values)
        if not is_new:
            return
        if delivery:
            _update_delivery(delivery, event, happened_at)
        # Events from before the latest confirmation no longer apply to the subscriber.
        if subscriber and not (subscriber.confirmed_at and happened_at < subscriber.confirmed_at):
            _update_subscriber(subscriber, event, provider)


def _event_id(event: Any) -> str:
    """Return the provider's event id; for providers without one, a hash of the event."""
    fields = (event.event_type, event.message_id, event.recipient, event.timestamp)
    return _clean(event.event_id) or sha256(repr(fields).encode()).hexdigest()


def _update_delivery(delivery: Delivery, event: Any, happened_at: datetime) -> None:
    rows = Delivery.objects.filter(pk=delivery.pk)
    # Any event proves that the provider accepted the email, so it must not be sent again.
    rows.transition(Delivery.Status.UNCERTAIN, Delivery.Status.SENT, sent_at=happened_at)
    rows.filter(provider_id="").update(provider_id=_clean(event.message_id))
    if event.event_type in _ACCEPTED:
        rows.filter(delivered_at=None).update(delivered_at=happened_at)
    elif event.event_type in _RETURNED:
        rows.filter(bounced_at=None).update(bounced_at=happened_at)
    elif event.event_type == EventType.COMPLAINED:
        rows.filter(complained_at=None).update(complained_at=happened_at)
        _pause_after_complaints(delivery.campaign)


def _pause_after_complaints(campaign: Campaign) -> None:
    if reason := complaint_rate_problem(campaign, NewsletterSettings.load()):
        rows = Campaign.objects.filter(pk=campaign.pk)
        rows.transition(Campaign.Status.SENDING, Campaign.Status.PAUSED, pause_reason=reason)


def _update_subscriber(subscriber: Subscriber, event: Any, provider: str) -> None:
    kind, reason = event.event_type, event.reject_reason
    is_rejected = kind == EventType.REJECTED
    event_fields = {"form": "provider", "note": provider}
    if kind == EventType.COMPLAINED or (is_rejected and reason == RejectReason.SPAM):
        subscriber.mark_complained(**event_fields)
    elif kind == EventType.UNSUBSCRIBED or (is_rejected and reason == RejectReason.UNSUBSCRIBED):
        subscriber.unsubscribe(**event_fields)
    elif kind in _RETURNED and reason in _HARD_BOUNCES and not _is_soft_bounce(event.esp_event):
        subscriber.mark_bounced(**event_fields)
    elif kind == EventType.DEFERRED or (kind == EventType.BOUNCED and reason not in _SENDER_REJECTED):
        subscriber.record_soft_bounce(**event_fields)
    elif kind in _ACCEPTED:
        subscriber.reset_soft_bounces()


def _find_delivery(event: Any) -> Delivery | None:
    """Find the delivery by the metadata we sent along, or by the provider's id of the email."""
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    deliveries = Delivery.objects.select_related("campaign", "subscriber")
    if message_id := _clean(metadata.get("delivery")):
        return deliveries.filter(message_id=message_id).first()
    provider_id = _clean(event.message_id)
    return deliveries.filter(provider_id=provider_id).first() if provider_id else None


def _find_subscriber(event: Any) -> Subscriber | None:
    return Subscriber.objects.for_email(_clean(event.recipient)).first()


def _clean(value: Any) -> str:
    """Return `value` as a short string that every database accepts; "" for other types."""
    return "".join(strip_control_characters(str(value)).split())[:200] if isinstance(value, str | int) else ""


def _is_aware(value: Any) -> bool:
    return isinstance(value, datetime) and timezone.is_aware(value)


def _is_soft_bounce(esp_event: Any, depth: int = 3) -> bool:
    """Return whether a field of the provider's event says it was a soft bounce."""
    if not isinstance(esp_event, Mapping):
        return False
    for key, value in esp_event.items():
        if isinstance(value, str) and str(key).lower() in _BOUNCE_TYPE_FIELDS and _SOFT_BOUNCE.search(value):
            return True
        if depth and _is_soft_bounce(value, depth - 1):
            return True
    return False
