"""Find the subscribers who are due for an email of a sequence, and create its delivery.

What to send follows from the deliveries that exist: the first ready email that the subscriber has no delivery of. So
reordering the emails sends none twice, and a worker that was killed continues where it stopped. A delivery and the
subscriber's next time are saved together, and a unique constraint allows one delivery per email and address.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from newsletter.campaigns.automation import expects_digest
from newsletter.delivery.same_day import WAIT, emailed_today
from newsletter.models import (
    Campaign,
    Delivery,
    Enrollment,
    NewsletterSettings,
    Sequence,
    SequenceEmail,
    Subscriber,
    Subscription,
    Suppression,
)
from newsletter.sequences import actions
from newsletter.sequences.editions import Editions

log = logging.getLogger(__name__)

# Each chunk is one transaction, short enough not to block other writers.
ENROLLMENTS_PER_TRANSACTION = 500
# After the last email: an unsubscribe until then counts for that email, and an added email is still sent.
FINISH_DELAY = timedelta(days=1)
# How soon an email that could not be rendered is tried again, if it is the only one left.
RETRY_DELAY = timedelta(hours=1)
_STATUS = Enrollment.Status
_CAMPAIGN_STATUS = Campaign.Status


def plan_sequences() -> int:
    """Create the deliveries of the emails of sequences that are due now, and return their number.

    None without a postal address, which every email must show.
    """
    now = timezone.now()
    actions.pause_stopped()
    planned = _plan_due(now)
    _reopen_editions()
    return planned


def _plan_due(now: datetime) -> int:
    due = Enrollment.objects.due(now).filter(sequence=OuterRef("pk"))
    active = Sequence.objects.filter(Exists(due), status=Sequence.Status.ACTIVE).select_related("topic")
    sequences = list(active)
    newsletter_settings = NewsletterSettings.load() if sequences else None
    if newsletter_settings is None or not newsletter_settings.postal_address.strip():
        return 0
    planned = 0
    for sequence in sequences:
        try:
            planned += _Plan(sequence, newsletter_settings, now).run()
        except (DatabaseError, ConnectionError):
            raise
        except Exception:
            # A problem with one sequence must not stop the others.
            log.exception("Sequence %s cannot be planned", sequence.pk)
    return planned


class _Plan:
    """Plans the due emails of one sequence."""

    def __init__(self, sequence: Sequence, newsletter_settings: NewsletterSettings, now: datetime) -> None:
        self.sequence, self.now = sequence, now
        self.editions = Editions(newsletter_settings)
        self.emails = list(sequence.emails.filter(status=SequenceEmail.Status.READY).select_related("sequence__topic"))
        self.others_today = _campaigns_today(newsletter_settings, now)
        self.planned = 0

    def run(self) -> int:
        """Plan chunk after chunk and return the number of deliveries created."""
        while self._plan_chunk():
            pass
        return self.planned

    def _plan_chunk(self) -> int:
        """Plan the next subscribers. Return how many there were; 0 also if the rest is being changed by others."""
        due = Enrollment.objects.due(self.now).filter(sequence=self.sequence)
        rows = list(self._annotate(due).order_by("next_at", "pk")[:ENROLLMENTS_PER_TRANSACTION])
        received = self._received(rows)
        steps: dict[int, SequenceEmail] = {}
        times = {row.pk: row.next_at for row in rows}
        for row in rows:
            if email := self._advance(row, received[row.subscriber.email_hash]):
                steps[row.pk] = email
        return self._save(rows, times, steps) if rows else 0

    def _annotate(self, due: QuerySet[Enrollment]) -> QuerySet[Any]:
        person = {"pk": OuterRef("subscriber_id")}
        suppressed = Suppression.objects.filter(email_hash=OuterRef("subscriber__email_hash"))
        gets_another = Q(Exists(emailed_today("subscriber_id", self.now)))
        for audience in self.others_today:
            gets_another |= Q(Exists(audience.filter(**person)))
        return due.select_related("subscriber").annotate(
            is_wanted=Exists(self.sequence.audience().filter(**person)),
            is_suppressed=Exists(suppressed),
            gets_another=gets_another,
        )

    def _received(self, rows: Iterable[Enrollment]) -> dict[str, set[int]]:
        """Return the emails that each address has a delivery of, by its hash."""
        received: dict[str, set[int]] = defaultdict(set)
        hashes = [row.subscriber.email_hash for row in rows]
        deliveries = Delivery.objects.filter(sequence_email__in=self.emails, email_hash__in=hashes).order_by()
        for email_hash, email_pk in deliveries.values_list("email_hash", "sequence_email_id"):
            received[email_hash].add(email_pk)
        return received

    def _advance(self, row: Any, received: set[int]) -> SequenceEmail | None:
        """Change `row` to what follows now. Return the email to send, if one is due."""
        subscriber: Subscriber = row.subscriber
        is_on_a_break = subscriber.paused_until is not None and subscriber.paused_until > self.now
        if subscriber.status == Subscriber.Status.ACTIVE and is_on_a_break:
            row.next_at = subscriber.paused_until
            return None
        if not row.is_wanted:
            _end(row, _reason_to_end(row), self.now)
            return None
        left = [email for email in self.emails if email.pk not in received]
        if not left:
            _end(row, _STATUS.FINISHED, self.now)
            return None
        email = next((email for email in left if self.editions.get(email)), None)
        if email is None:
            row.next_at = self.now + RETRY_DELAY
        elif (due_at := row.due_at(email)) > self.now:
            row.next_at = due_at
        elif row.gets_another:
            row.next_at = self.now + WAIT
        else:
            usable = (each for each in left if each is not email and not self.editions.is_broken(each))
            following = next(usable, None)
            row.last_email = email
            row.next_at = row.due_at(following) if following else self.now + FINISH_DELAY
            return email
        return None

    def _save(self, rows: list[Enrollment], times: dict[int, datetime | None], steps: dict[int, SequenceEmail]) -> int:
        """Save the changed rows and create the deliveries, except for subscribers that others are changing."""
        with transaction.atomic():
            active = Sequence.objects.filter(pk=self.sequence.pk, status=Sequence.Status.ACTIVE)
            if not active.select_for_update(no_key=True).exists():
                return 0
            # Without waiting, because those who unsubscribe or erase their data lock the two tables in another order.
            unlocked = Enrollment.objects.running().filter(pk__in=times).select_related("subscriber")
            locked = unlocked.select_for_update(skip_locked=True, no_key=True, of=("self", "subscriber"))
            current = {row.pk: row for row in locked if row.next_at == times[row.pk]}
            changed = [row for row in rows if row.pk in current]
            Enrollment.objects.bulk_update(changed, ("status", "next_at", "last_email", "ended_at"))
            deliveries = [
                self._delivery(current[row.pk].subscriber, steps[row.pk]) for row in changed if row.pk in steps
            ]
            Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
            for pk in {delivery.campaign_id for delivery in deliveries}:
                Campaign.objects.filter(pk=pk).update(total=Delivery.objects.filter(campaign=pk).count())
        self.planned += len(deliveries)
        return len(changed)

    def _delivery(self, subscriber: Subscriber, email: SequenceEmail) -> Delivery:
        campaign = self.editions.get(email)
        assert campaign  # checked before it was chosen
        host = urlsplit(django_settings.SITE_URL).hostname
        return Delivery(
            campaign=campaign,
            sequence_email=email,
            subscriber=subscriber,
            email_hash=subscriber.email_hash,
            to_email=subscriber.email,
            message_id=f"<{campaign.message_id_prefix}.{subscriber.public_id.hex}@{host}>",
            next_at=self.now,
        )


def _campaigns_today(newsletter_settings: NewsletterSettings, now: datetime) -> list[QuerySet[Subscriber]]:
    """Return the audiences of the campaigns that will start later today."""
    tomorrow = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    upcoming = Q(status=_CAMPAIGN_STATUS.SCHEDULED, scheduled_at__lt=tomorrow) | Q(status=_CAMPAIGN_STATUS.PREPARING)
    campaigns = Campaign.objects.filter(upcoming).select_related("topic", "post").order_by("pk")
    audiences = [campaign.audience() for campaign in campaigns]
    if expects_digest(newsletter_settings, now):
        topic = newsletter_settings.get_post_topic()
        audiences.append(Subscriber.objects.subscribed_to(topic, Subscription.Cadence.WEEKLY))
    return audiences


def _reason_to_end(row: Any) -> str:
    if row.subscriber.status in _STATUS:
        return str(row.subscriber.status)
    return _STATUS.BLOCKED if row.is_suppressed else _STATUS.LEFT_TOPIC


def _end(row: Enrollment, status: str, now: datetime) -> None:
    row.status, row.next_at, row.ended_at = status, None, now


def _reopen_editions() -> None:
    """Have the campaigns of active sequences sent that got new deliveries.

    Not only those of this round: a worker may have been killed in between.
    """
    waiting = Delivery.objects.open().filter(campaign=OuterRef("pk"))
    of_active = {"sequence_email__sequence__status": Sequence.Status.ACTIVE}
    rows = Campaign.objects.filter(Exists(waiting), kind=Campaign.Kind.SEQUENCE, **of_active)
    rows.transition(_CAMPAIGN_STATUS.SENT, _CAMPAIGN_STATUS.SENDING)
