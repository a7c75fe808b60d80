"""Claim due deliveries for one connection, with a time limit (the lease) and a number (the attempt)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import CharField, Exists, F, OuterRef, Value
from django.db.models.functions import Cast, Replace
from django.utils import timezone

from newsletter.delivery.mime import MessageTemplate, Sender, compile_message
from newsletter.delivery.same_day import postpone
from newsletter.models import Campaign, Delivery, NewsletterSettings
from newsletter.models.campaigns import LARGE_FIELDS

# How long a claim is valid.
LEASE = timedelta(minutes=10)

# Its hexadecimal digits, because creating a UUID for every row takes longer.
_PUBLIC_ID_HEX = Replace(Cast("subscriber__public_id", CharField()), Value("-"), Value(""))
_COLUMNS = ("pk", "attempt", "to_email", "message_id", _PUBLIC_ID_HEX, "subscriber__token_version")
# The order of an index, so that a claim costs the same after a million emails as at the beginning: PostgreSQL takes the
# index of due deliveries only for its order. SQLite takes that of the status, and would have to sort its rows.
_CLAIM_ORDER = {"postgresql": ("next_at",), "sqlite": ()}
_STATUS = Delivery.Status


class ClaimedDelivery(NamedTuple):
    """The fields of a delivery and its subscriber needed for sending. Not a model instance, for speed."""

    pk: int
    attempt: int
    to_email: str
    message_id: str
    public_id_hex: str
    token_version: int


class Batch(NamedTuple):
    """The deliveries that one connection has claimed, and what their emails share."""

    campaign: Campaign
    deliveries: Sequence[ClaimedDelivery]
    template: MessageTemplate
    sender: Sender
    date: str
    lease_until: float


def claim_batch(owner: str, settings: NewsletterSettings, limit: int) -> Batch | None:
    """Claim up to `limit` due deliveries of the campaign that started first; None if none is due.

    Skip subscribers who have unsubscribed since.
    """
    sender = Sender.from_settings(settings)
    sending = Campaign.objects.filter(status=Campaign.Status.SENDING).order_by("started_at", "pk")
    related = ("topic", "sequence_email__sequence__topic")
    for campaign in sending.select_related(*related).defer(*LARGE_FIELDS, "sequence_email__body"):
        template = compile_message(campaign.pk, campaign.frozen_sha256, sender)
        now = timezone.now()
        claimed: list[ClaimedDelivery] = []
        skipped = 0
        with transaction.atomic():
            if campaign.kind == Campaign.Kind.SEQUENCE:
                postpone(campaign, now)
            for status in (_STATUS.PENDING, _STATUS.DEFERRED):
                rows, skipped_now = _claim(campaign, owner, status, now, limit - len(claimed) - skipped)
                claimed += rows
                skipped += skipped_now
                if len(claimed) + skipped >= limit:
                    break
        if claimed or skipped:
            return Batch(campaign, claimed, template, sender, format_datetime(now), (now + LEASE).timestamp())
    return None


def _claim(campaign: Campaign, owner: str, status: str, now: datetime, limit: int) -> tuple[list[ClaimedDelivery], int]:
    """Claim up to `limit` due deliveries with `status`. Return the claimed ones and the number of skipped ones."""
    due = campaign.deliveries.filter(status=status, next_at__lte=now).order_by(*_CLAIM_ORDER[connection.vendor])
    # Skips rows locked by other workers (PostgreSQL), or holds the database's single write lock (SQLite). Without the
    # subscribers, in whose order PostgreSQL would otherwise look at all deliveries that are sent already.
    keys = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
    in_audience = Exists(campaign.audience().filter(pk=OuterRef("subscriber_id")))
    locked = Delivery.objects.filter(pk__in=keys).order_by().annotate(in_audience=in_audience)
    found = list(locked.values_list(*_COLUMNS, "in_audience"))
    claimed = [ClaimedDelivery(row[0], row[1] + 1, *row[2:-1]) for row in found if row[-1]]
    skipped = 0
    if unwanted := [row[0] for row in found if not row[-1]]:
        rows = Delivery.objects.filter(pk__in=unwanted)
        skipped = rows.transition(status, _STATUS.SKIPPED, error="Unsubscribed before the email was sent.")
    rows = Delivery.objects.filter(pk__in=[row.pk for row in claimed])
    rows.transition(status, _STATUS.CLAIMED, owner=owner, lease_until=now + LEASE, attempt=F("attempt") + 1)
    return claimed, skipped


def still_in_audience(campaign: Campaign, deliveries: Iterable[ClaimedDelivery]) -> set[int]:
    """Return the ids of `deliveries` that may still be sent; none if the campaign was paused or cancelled."""
    subscribers = campaign.audience().filter(pk=OuterRef("subscriber_id"))
    rows = Delivery.objects.filter(
        Exists(subscribers), campaign__status=Campaign.Status.SENDING, pk__in=[row.pk for row in deliveries]
    )
    return set(rows.values_list("pk", flat=True))
