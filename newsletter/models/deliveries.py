"""Deliveries: one row per campaign and subscriber, created before the first email is sent."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from newsletter.models.campaigns import Campaign
from newsletter.models.sequences import SequenceEmail
from newsletter.models.subscribers import Subscriber
from newsletter.models.transitions import TransitionTable, transition

# Email addresses are kept this long after a campaign, for questions about a delivery. Their hashes are kept.
EMAIL_RETENTION = timedelta(days=90)
# Providers repeat undelivered events for some days.
EVENT_RETENTION = timedelta(days=90)
# Rows that a cleanup run of the worker changes at most.
CLEANUP_BATCH_SIZE = 10_000


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Select deliveries and change their status."""

    def transition(self, expected: str, to: str, **values: Any) -> int:
        """Change the status of rows from `expected` to `to` (see TRANSITIONS) and return their number.

        All status changes go through here. A transition to CLAIMED must set `owner` and `lease_until`; every other one
        ends the claim.
        """
        if to != Delivery.Status.CLAIMED:
            values |= {"owner": "", "lease_until": None}
        if to == Delivery.Status.SENT:
            values |= {"sent_at": values.get("sent_at") or timezone.now()}
        return transition(self, TRANSITIONS, "status", expected, to, **values)

    def due(self) -> Self:
        """Return the deliveries that may be claimed now."""
        status = Delivery.Status
        return self.filter(status__in=(status.PENDING, status.DEFERRED), next_at__lte=timezone.now())

    def open(self) -> Self:
        """Return the deliveries without a final status. A campaign without any is sent."""
        return self.filter(status__in=OPEN_STATUSES)

    def forget_addresses(self) -> int:
        """Delete the email addresses, skip deliveries that have not been attempted, and return the number of rows."""
        for status in (Delivery.Status.PENDING, Delivery.Status.DEFERRED):
            self.transition(status, Delivery.Status.SKIPPED, error="The email address was erased.")
        return self.update(to_email="")

    def forget_person(self) -> int:
        """Remove what identifies the recipient except the keyed hash; return the number of rows."""
        return self.forget_addresses() and self.update(subscriber=None)

    def forget_old_addresses(self) -> int:
        """Delete the email addresses of campaigns that ended three months ago; return the number of rows.

        Those of a sequence are sent for years, so the time of the delivery counts. The worker calls this.
        """
        cutoff, kind = timezone.now() - EMAIL_RETENTION, Campaign.Kind.SEQUENCE
        in_sequence = Q(campaign__kind=kind, next_at__lt=cutoff) & ~Q(status__in=OPEN_STATUSES)
        ended = Q(campaign__finished_at__lt=cutoff) & ~Q(campaign__kind=kind)
        old = self.filter(in_sequence | ended).exclude(to_email="")
        keys = list(old.order_by().values_list("pk", flat=True)[:CLEANUP_BATCH_SIZE])
        return self.filter(pk__in=keys).forget_addresses()

    def count_by_status(self) -> dict[str, int]:
        """Return the number of deliveries for every status, including zeros."""
        counts = dict(self.order_by().values_list("status").annotate(count=models.Count("pk")))
        return {str(status): counts.get(status, 0) for status in Delivery.Status}


class Delivery(models.Model):
    """One email of a campaign to one subscriber."""

    class Status(models.TextChoices):
        """The steps from pending to a final status; see TRANSITIONS."""

        PENDING = "pending", "Waiting"
        CLAIMED = "claimed", "Sending"
        SENT = "sent", "Sent"
        DEFERRED = "deferred", "Will be retried"
        FAILED = "failed", "Failed"
        UNCERTAIN = "uncertain", "May or may not have been sent"
        SKIPPED = "skipped", "Skipped: no longer subscribed"

    # No index: those below begin with the campaign.
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    # Set for the email of a sequence, of which there may be several versions and so several campaigns.
    sequence_email = models.ForeignKey(
        SequenceEmail, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    email_hash = models.CharField(max_length=64)
    # Empty once the address is erased or no longer needed.
    to_email = models.CharField(max_length=320, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    # Raised with every claim; a worker that finds a higher number has lost its claim (fencing token).
    attempt = models.PositiveSmallIntegerField(default=0)
    owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_at = models.DateTimeField(default=timezone.now)
    message_id = models.CharField(max_length=200)
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
            models.UniqueConstraint(
                fields=("sequence_email", "email_hash"),
                condition=Q(sequence_email__isnull=False),
                name="newsletter_delivery_sequence_once",
            ),
            # Not unique=True, which adds a second index for LIKE on PostgreSQL.
            models.UniqueConstraint(fields=("message_id",), name="newsletter_delivery_message_id"),
            models.CheckConstraint(
                condition=Q(status__in=("pending", "claimed", "sent", "deferred", "failed", "uncertain", "skipped")),
                name="newsletter_delivery_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="claimed", owner__gt="", lease_until__isnull=False)
                | (~Q(status="claimed") & Q(owner="", lease_until__isnull=True)),
                name="newsletter_delivery_claim_owned",
            ),
            models.CheckConstraint(
                condition=~Q(status="sent") | Q(sent_at__isnull=False), name="newsletter_delivery_sent_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"


_STATUS = Delivery.Status
OPEN_STATUSES = (_STATUS.PENDING, _STATUS.CLAIMED, _STATUS.DEFERRED, _STATUS.UNCERTAIN)
# Provider events are stored next to the status. They never change a sent delivery.
TRANSITIONS: TransitionTable = {
    _STATUS.PENDING: frozenset({_STATUS.CLAIMED, _STATUS.SKIPPED}),
    # Back to pending if a worker stopped before submitting, as its journal proves.
    _STATUS.CLAIMED: frozenset(
        {_STATUS.SENT, _STATUS.DEFERRED, _STATUS.FAILED, _STATUS.UNCERTAIN, _STATUS.SKIPPED, _STATUS.PENDING}
    ),
    _STATUS.DEFERRED: frozenset({_STATUS.PENDING, _STATUS.CLAIMED, _STATUS.SKIPPED, _STATUS.FAILED}),
    _STATUS.UNCERTAIN: frozenset({_STATUS.SENT, _STATUS.PENDING}),
    # Resending failed deliveries.
    _STATUS.FAILED: frozenset({_STATUS.PENDING}),
    _STATUS.SENT: frozenset(),
    _STATUS.SKIPPED: frozenset(),
}


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    """Clean up processed events."""

    def delete_expired(self) -> int:
        """Delete events received three months ago and return their number. The worker calls this."""
        return self.filter(received_at__lt=timezone.now() - EVENT_RETENTION).delete()[0]


class WebhookEvent(models.Model):
    """A provider event that was processed, so that repeats are ignored. Contains no personal data."""

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
