"""The numbers of a sequence: who is in it, and what became of each email."""

from typing import Any, NamedTuple

from django.db.models import Count, Q

from newsletter.models import Delivery, Enrollment, Sequence, SequenceEmail

_STATUS = Enrollment.Status


class EmailResults(NamedTuple):
    """An email with the numbers that campaigns show, and who unsubscribed before the next one."""

    email: SequenceEmail
    sent: int
    waiting: int
    failed: int
    uncertain: int
    delivered: int
    bounced: int
    complained: int
    unsubscribed: int

    @property
    def unsubscribed_share(self) -> str:
        """Return the share of those who got the email, in percent."""
        return f"{100 * self.unsubscribed / self.sent:.1f}%" if self.sent else ""


class SequenceProgress(NamedTuple):
    """The number of subscribers by status, in the order of the statuses, and the results of each email."""

    started: int
    counts: list[tuple[str, int]]
    emails: list[EmailResults]


def get_progress(sequence: Sequence) -> SequenceProgress:
    """Return the current numbers of `sequence`. The number of queries is constant."""
    by_status = dict(sequence.enrollments.order_by().values_list("status").annotate(Count("pk")))
    left = sequence.enrollments.filter(status=_STATUS.UNSUBSCRIBED).order_by()
    unsubscribed = dict(left.values_list("last_email").annotate(Count("pk")))
    results = {row.pop("sequence_email"): row for row in _count_deliveries(sequence)}
    emails = [
        EmailResults(email, **results.get(email.pk, _NONE), unsubscribed=unsubscribed.get(email.pk, 0))
        for email in sequence.emails.defer("body")
    ]
    counts = [(str(status.label), by_status[status]) for status in _STATUS if by_status.get(status)]
    return SequenceProgress(sum(by_status.values()), counts, emails)


_DELIVERY = Delivery.Status
_FIGURES = {
    "sent": Q(status=_DELIVERY.SENT),
    "waiting": Q(status__in=(_DELIVERY.PENDING, _DELIVERY.CLAIMED, _DELIVERY.DEFERRED)),
    "failed": Q(status=_DELIVERY.FAILED),
    "uncertain": Q(status=_DELIVERY.UNCERTAIN),
    "delivered": Q(delivered_at__isnull=False),
    "bounced": Q(bounced_at__isnull=False),
    "complained": Q(complained_at__isnull=False),
}
_NONE = dict.fromkeys(_FIGURES, 0)


def _count_deliveries(sequence: Sequence) -> list[dict[str, Any]]:
    deliveries = Delivery.objects.filter(sequence_email__sequence=sequence).order_by()
    figures = {name: Count("pk", filter=condition) for name, condition in _FIGURES.items()}
    rows: Any = deliveries.values("sequence_email").annotate(**figures)
    return list(rows)
