"""Each mail of a campaign: one row for each address, written before the first mail goes out."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from newsletter.models.campaigns import Campaign
from newsletter.models.subscribers import Subscriber
from newsletter.models.transitions import TransitionTable, transition

# After the end of a campaign, for whoever asks what became of a mail. Its hash stays, so that numbers stay.
ADDRESS_KEPT_FOR = timedelta(days=90)
# Providers tell again for some days what was not heard.
EVENT_KEPT_FOR = timedelta(days=90)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """The mails of campaigns and their states."""

    def transition(self, expected: str, to: str, **values: Any) -> int:
        """Bring those that are `expected` to `to` (see TRANSITIONS); how many. The only way a status changes.

        A move to CLAIMED names `owner` and `lease_until`; every other one ends the claim.
        """
        if to != Delivery.Status.CLAIMED:
            values |= {"owner": "", "lease_until": None}
        if to == Delivery.Status.SENT:
            values |= {"sent_at": values.get("sent_at") or timezone.now()}
        return transition(self, TRANSITIONS, "status", expected, to, **values)

    def due(self) -> Self:
        """Those that may be claimed now."""
        status = Delivery.Status
        return self.filter(status__in=(status.PENDING, status.DEFERRED), next_at__lte=timezone.now())

    def open(self) -> Self:
        """Those whose end is not known; a campaign is sent when there is none."""
        return self.filter(status__in=OPEN)

    def forget_address(self) -> int:
        """Blank the addresses; what has not begun is skipped. How many."""
        for waiting in (Delivery.Status.PENDING, Delivery.Status.DEFERRED):
            self.transition(waiting, Delivery.Status.SKIPPED, error="The address was erased.")
        return self.update(to_email="")

    def forget_old(self) -> int:
        """Blank the addresses of campaigns that ended three months ago; how many. For the worker."""
        old = self.filter(campaign__finished_at__lt=timezone.now() - ADDRESS_KEPT_FOR).exclude(to_email="")
        return self.filter(pk__in=list(old.order_by().values_list("pk", flat=True)[:10_000])).forget_address()

    def count_by_status(self) -> dict[str, int]:
        """How many are in each status, none left out: together they are the campaign's total."""
        counted = dict(self.order_by().values_list("status").annotate(number=models.Count("pk")))
        return {str(status): counted.get(status, 0) for status in Delivery.Status}


class Delivery(models.Model):
    """One mail of one campaign to one address."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waits"
        CLAIMED = "claimed", "Under way"
        SENT = "sent", "Sent"
        DEFERRED = "deferred", "Tried again later"
        FAILED = "failed", "Failed"
        UNCERTAIN = "uncertain", "May or may not have gone out"
        SKIPPED = "skipped", "Not sent: no longer wanted"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    email_hash = models.CharField(max_length=64)
    # Empty once the address is erased, or no longer needed.
    to_email = models.CharField(max_length=320, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    # Raised with every claim: who finds another number has lost the claim (fencing token).
    attempt = models.PositiveSmallIntegerField(default=0)
    owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_at = models.DateTimeField(default=timezone.now)
    message_id = models.CharField(max_length=200, unique=True)
    provider_id = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=16, blank=True)
    error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    complained_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("pk",)
        indexes = [
            models.Index(
                fields=("campaign", "next_at"),
                condition=Q(status__in=("pending", "deferred")),
                name="newsletter_delivery_due",
            ),
            models.Index(fields=("lease_until",), condition=Q(status="claimed"), name="newsletter_delivery_lease"),
            models.Index(fields=("campaign", "status"), name="newsletter_delivery_status"),
            models.Index(fields=("provider_id",), condition=Q(provider_id__gt=""), name="newsletter_delivery_provider"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("campaign", "email_hash"), name="newsletter_delivery_once"),
            models.CheckConstraint(
                condition=Q(status__in=("pending", "claimed", "sent", "deferred", "failed", "uncertain", "skipped")),
                name="newsletter_delivery_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="claimed", owner__gt="", lease_until__isnull=False)
                | (~Q(status="claimed") & Q(owner="", lease_until__isnull=True)),
                name="newsletter_delivery_owned",
            ),
            models.CheckConstraint(
                condition=~Q(status="sent") | Q(sent_at__isnull=False), name="newsletter_delivery_sent_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"


_STATUS = Delivery.Status
OPEN = (_STATUS.PENDING, _STATUS.CLAIMED, _STATUS.DEFERRED, _STATUS.UNCERTAIN)
# What a webhook tells later is written beside the status: nothing moves a sent mail back.
TRANSITIONS: TransitionTable = {
    _STATUS.PENDING: frozenset({_STATUS.CLAIMED, _STATUS.SKIPPED}),
    # Back to pending: a worker that stopped before it began, as its journal shows.
    _STATUS.CLAIMED: frozenset(
        {
            _STATUS.SENT,
            _STATUS.DEFERRED,
            _STATUS.FAILED,
            _STATUS.UNCERTAIN,
            _STATUS.SKIPPED,
            _STATUS.PENDING,
        }
    ),
    _STATUS.DEFERRED: frozenset({_STATUS.PENDING, _STATUS.CLAIMED, _STATUS.SKIPPED, _STATUS.FAILED}),
    _STATUS.UNCERTAIN: frozenset({_STATUS.SENT, _STATUS.PENDING}),
    # Somebody sends again to those whose mail failed.
    _STATUS.FAILED: frozenset({_STATUS.PENDING}),
    _STATUS.SENT: frozenset(),
    _STATUS.SKIPPED: frozenset(),
}


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    """What providers told."""

    def forget_old(self) -> int:
        """Erase what was told three months ago; how many. For the worker."""
        return self.filter(received_at__lt=timezone.now() - EVENT_KEPT_FOR).delete()[0]


class WebhookEvent(models.Model):
    """What a mail provider told, once, however often it tells it. Nothing about the person is kept."""

    provider = models.CharField(max_length=40)
    event_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    happened_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(auto_now_add=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, null=True, related_name="webhook_events")

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("provider", "event_id"), name="newsletter_webhookevent_once")]

    def __str__(self) -> str:
        return f"{self.provider}: {self.kind}"
