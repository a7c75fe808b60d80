"""Keep the emails of sequences from days on which the subscriber gets another email."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from newsletter.models import Campaign, Delivery
from newsletter.models.deliveries import DeliveryQuerySet

_STATUS = Delivery.Status
# How long the email of a sequence waits.
WAIT = timedelta(days=1)


def emailed_today(subscriber: str, now: datetime) -> DeliveryQuerySet:
    """Return the deliveries sent today or about to be sent to the subscriber in the outer query's field."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    # A sequence's campaign that has just got a delivery is “sent” until the worker sends it.
    being_sent = (Campaign.Status.SENDING, Campaign.Status.SENT)
    waiting = Q(status__in=(_STATUS.PENDING, _STATUS.CLAIMED, _STATUS.DEFERRED), campaign__status__in=being_sent)
    perhaps_sent = Q(status=_STATUS.UNCERTAIN, next_at__gte=today)
    return Delivery.objects.filter(
        Q(sent_at__gte=today) | waiting | perhaps_sent, subscriber=OuterRef(subscriber)
    ).order_by()


def postpone(campaign: Campaign, now: datetime) -> int:
    """Let the due deliveries of a sequence's campaign wait a day if another email goes out today.

    Return their number. The worker checks this before it creates a delivery, but sending may be delayed.
    """
    others = emailed_today("subscriber_id", now).exclude(pk=OuterRef("pk"))
    # Of several emails of sequences, all but the first one wait.
    others = others.filter(~Q(campaign__kind=Campaign.Kind.SEQUENCE) | Q(pk__lt=OuterRef("pk")))
    due = campaign.deliveries.filter(status__in=(_STATUS.PENDING, _STATUS.DEFERRED), next_at__lte=now)
    return due.filter(Exists(others)).update(next_at=now + WAIT)
