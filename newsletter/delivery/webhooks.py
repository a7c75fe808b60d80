"""What the mail provider tells of mails on their way: delivered, come back, called spam. anymail reads it.

Providers tell things twice, late and in any order. So every event counts once, facts are written beside the status of a
mail and never move it back, and what is not about a mail or a reader of ours changes nothing.
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

from newsletter.delivery.auto_pause import too_many_complaints
from newsletter.delivery.providers import provider_name
from newsletter.models import Campaign, Delivery, NewsletterSettings, Subscriber, WebhookEvent
from public_forms.fields import strip_invisible

log = logging.getLogger(__name__)

# Providers that gather events send less than this (SendGrid: 768 kB).
MAX_BODY_BYTES = 1024 * 1024
_TAKEN = frozenset({EventType.DELIVERED, EventType.OPENED, EventType.CLICKED})
_BACK = frozenset({EventType.BOUNCED, EventType.REJECTED})
_HARD = frozenset({RejectReason.BOUNCED, RejectReason.INVALID})
# What a receiver holds against us says nothing of the reader's address.
_AGAINST_US = frozenset({RejectReason.BLOCKED, RejectReason.SPAM})
# anymail calls both kinds bounced; the providers' own words tell them apart.
_KINDS = frozenset({"type", "event", "bouncetype", "bounce_type"})
_SOFT = re.compile("soft|transient|undetermined|temporary", re.IGNORECASE)


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def webhook(request: HttpRequest, name: str) -> HttpResponse:
    """Where the provider `name` posts: 404 unless the settings name it with a secret, 403 without that secret."""
    if name != provider_name() or not settings.ANYMAIL.get("WEBHOOK_SECRET") or not request.is_secure():
        raise Http404
    try:
        view_class = resolve(f"/{name}/tracking/", "anymail.urls").func.view_class  # type: ignore[attr-defined]
    except Resolver404 as error:
        raise Http404 from error
    if request.method == "HEAD":
        return HttpResponse()
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        return _plain(413, "Too much at once.")
    try:
        view = view_class()
        view.run_validators(request)
        events = view.parse_events(request)
    except SuspiciousOperation:
        return _plain(
            403, "The name or password is not the one of EMAIL_WEBHOOK_SECRET, or the signature is not right."
        )
    except Exception as error:
        # Whatever the library stumbles over: the kind only, since the words may hold an address.
        log.warning("An event of %s could not be read: %s", name, type(error).__name__)
        return _plain(400, "This is no event that we can read.")
    for event in events:
        note(name, event)
    return HttpResponse()


def _plain(status: int, words: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def note(name: str, event: Any) -> None:
    """Keep what `event`, as anymail reads it, tells: whole and once; nothing if it is about nobody here."""
    mail = _mail(event)
    person = mail.subscriber if mail else Subscriber.objects.for_email(_word(event.recipient)).first()
    if mail is None and person is None:
        return
    # Not every provider gives its events a name.
    facts = (event.event_type, event.message_id, event.recipient, event.timestamp)
    number = _word(event.event_id) or sha256(repr(facts).encode()).hexdigest()
    at = min(event.timestamp, timezone.now()) if _is_moment(event.timestamp) else timezone.now()
    with transaction.atomic():
        values = {"kind": _word(event.event_type)[:40], "happened_at": at, "delivery": mail}
        if not WebhookEvent.objects.get_or_create(provider=name, event_id=number, defaults=values)[1]:
            return
        if mail:
            _note_mail(mail, event, at)
        # What was before they confirmed anew says nothing of them now.
        if person and not (person.confirmed_at and at < person.confirmed_at):
            _note_person(person, event, name)


def _note_mail(mail: Delivery, event: Any, at: datetime) -> None:
    rows = Delivery.objects.filter(pk=mail.pk)
    # Whatever became of it then, the provider had it: nothing is to be sent again.
    rows.transition(Delivery.Status.UNCERTAIN, Delivery.Status.SENT, sent_at=at)
    rows.filter(provider_id="").update(provider_id=_word(event.message_id))
    if event.event_type in _TAKEN:
        rows.filter(delivered_at=None).update(delivered_at=at)
    elif event.event_type in _BACK:
        rows.filter(bounced_at=None).update(bounced_at=at)
    elif event.event_type == EventType.COMPLAINED:
        rows.filter(complained_at=None).update(complained_at=at)
        if reason := too_many_complaints(mail.campaign, NewsletterSettings.load()):
            under_way = Campaign.objects.filter(pk=mail.campaign_id)
            under_way.transition(Campaign.Status.SENDING, Campaign.Status.PAUSED, pause_reason=reason)


def _note_person(person: Subscriber, event: Any, name: str) -> None:
    kind, reason = event.event_type, event.reject_reason
    was_refused = kind == EventType.REJECTED
    facts = {"form": "provider", "note": name}
    if kind == EventType.COMPLAINED or (was_refused and reason == RejectReason.SPAM):
        person.mark_complained(**facts)
    elif kind == EventType.UNSUBSCRIBED or (was_refused and reason == RejectReason.UNSUBSCRIBED):
        person.unsubscribe(**facts)
    elif kind in _BACK and reason in _HARD and not _is_soft(event.esp_event):
        person.mark_bounced(**facts)
    elif kind == EventType.DEFERRED or (kind == EventType.BOUNCED and reason not in _AGAINST_US):
        person.record_soft_bounce(**facts)
    elif kind in _TAKEN:
        person.reset_soft_bounces()


def _mail(event: Any) -> Delivery | None:
    """The mail that `event` is about: by what we gave along, or by the provider's own name for it."""
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    mails = Delivery.objects.select_related("campaign", "subscriber")
    if given := _word(metadata.get("delivery")):
        return mails.filter(message_id=given).first()
    named = _word(event.message_id)
    return mails.filter(provider_id=named).first() if named else None


def _word(value: Any) -> str:
    """`value` as a short text that every database takes; "" for what is none."""
    return "".join(strip_invisible(str(value)).split())[:200] if isinstance(value, str | int) else ""


def _is_moment(value: Any) -> bool:
    return isinstance(value, datetime) and timezone.is_aware(value)


def _is_soft(raw: Any, depth: int = 3) -> bool:
    """Whether the provider's own words `raw` call it a bounce that may pass."""
    if not isinstance(raw, Mapping):
        return False
    for key, value in raw.items():
        if isinstance(value, str) and str(key).lower() in _KINDS and _SOFT.search(value):
            return True
        if depth and _is_soft(value, depth - 1):
            return True
    return False
