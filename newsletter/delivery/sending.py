"""Send campaigns: claim deliveries, submit their emails and save the outcomes.

Each email is submitted exactly once, as far as SMTP allows. A delivery is claimed by one connection, for a limited time
(the lease) and with a number (the attempt); an outcome is saved only while both are still valid. After a crash, the
journal shows what the worker was doing: without an entry the email was not submitted, with an outcome it was, and only
a start without an outcome is uncertain. That is at most one delivery per connection. Lower layers never retry.
"""

import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from newsletter.delivery import journal as journals
from newsletter.delivery import rate_limit
from newsletter.delivery.auto_pause import FAILURE_STATUSES, error_rate_problem
from newsletter.delivery.journal import Journal, Replay
from newsletter.delivery.materialize import prepare_due_campaigns
from newsletter.delivery.mime import MessageTemplate, Sender, compile_message, encode_recipient
from newsletter.delivery.providers import ProviderTransport, create_transport
from newsletter.delivery.transport import Outcome, SmtpTransport, TransportError
from newsletter.models import Campaign, Delivery, NewsletterSettings, WebhookEvent
from newsletter.models.campaigns import LARGE_FIELDS
from newsletter.models.deliveries import DeliveryQuerySet

log = logging.getLogger(__name__)

# How long a claim is valid, and how much of that must be left before submitting: time for the reply and for saving it.
LEASE = timedelta(minutes=10)
LEASE_MARGIN = timedelta(minutes=3)
# During a slow batch, unsubscribes and pauses take effect within this time.
AUDIENCE_CHECK_SECONDS = 1.0
# Delays between attempts. After the last one a delivery fails, unless the campaign started less than a day ago.
RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 360, 360))
RETRY_FOR = timedelta(hours=24)
# A delivery that is uncertain this many times is not sent again automatically, or a server that accepts every email
# without confirming it would send the subscriber copies forever.
MAX_UNCERTAIN_ATTEMPTS = 3

_COLUMNS = ("pk", "attempt", "to_email", "message_id", "subscriber__public_id", "subscriber__token_version")
_CAMPAIGN_STATUS = Campaign.Status
_STATUS = Delivery.Status
_UNKNOWN = Outcome(_STATUS.UNCERTAIN, "", "The worker was killed before it knew whether the email was accepted.")

type Results = dict[Outcome, list[ClaimedDelivery]]
type Transport = SmtpTransport | ProviderTransport


class LeaseExpiredError(Exception):
    """The claim is about to expire, or another worker has taken it over."""


class ClaimedDelivery(NamedTuple):
    """The fields of a delivery and its subscriber needed for sending. Not a model instance, for speed."""

    pk: int
    attempt: int
    to_email: str
    message_id: str
    public_id: UUID
    token_version: int


class Batch(NamedTuple):
    """The deliveries that one connection has claimed, and what their emails share."""

    campaign: Campaign
    deliveries: Sequence[ClaimedDelivery]
    template: MessageTemplate
    sender: Sender
    date: str
    lease_until: float


# ---- The sending round ------------------------------------------------------------------------------


def send_due_campaigns(stopped: Callable[[], bool], seconds: float = 60.0) -> int:
    """Run one sending round for about `seconds` or until `stopped()` returns True.

    Return the number of attempts; back off after 0. The number of connections is read once per round, all other
    settings once per batch.
    """
    deadline = time.monotonic() + seconds
    NewsletterSettings.load().mark_worker_seen()
    recover()
    prepare_due_campaigns()
    finish_campaigns()
    settings = NewsletterSettings.load()
    if not Delivery.objects.due().filter(campaign__status=_CAMPAIGN_STATUS.SENDING).exists():
        return 0
    send = partial(_send_over_connection, lambda: stopped() or time.monotonic() > deadline)
    if settings.connections == 1:
        attempts = send()
    else:
        with ThreadPoolExecutor(settings.connections, "newsletter") as pool:
            attempts = sum(pool.map(lambda _: _run_in_thread(send), range(settings.connections)))
    finish_campaigns()
    return attempts


def _run_in_thread(send: Callable[[], int]) -> int:
    try:
        if connection.vendor == "sqlite":
            # Every thread has its own page cache; the 20 MB from the settings are meant for one connection.
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA cache_size=-2000")
        return send()
    finally:
        connection.close()


def _send_over_connection(stopped: Callable[[], bool]) -> int:
    """Send batch after batch over one connection until nothing is due or allowed, and return the number of attempts.

    Also return 0 if the mail server is unavailable, so that the caller backs off.
    """
    attempts = 0
    with create_transport() as transport, closing(Journal()) as journal:
        while not stopped():
            settings = NewsletterSettings.load()
            try:
                # Before claiming: an unavailable server must not use up attempts.
                transport.open()
            except TransportError as error:
                _handle_unavailable(error)
                return 0
            allowance = rate_limit.reserve(settings, settings.batch_size)
            journal.begin_claim()
            batch = claim_batch(journal.owner, settings, allowance.granted) if allowance.granted else None
            results = send_batch(batch, transport, journal, stopped) if batch else {}
            attempted = sum(len(rows) for outcome, rows in results.items() if outcome.status != _STATUS.PENDING)
            rate_limit.release(allowance, allowance.granted - attempted)
            if batch:
                save_results(batch.campaign, settings, journal.owner, results)
            journal.clear()
            attempts += attempted
            if batch is None or (batch.deliveries and not attempted):
                break
    return attempts


def _handle_unavailable(error: TransportError) -> None:
    log.warning("No campaign can be sent: %s", error)
    if error.is_config_error:
        reason = str(error)[:300]
        Campaign.objects.all().transition(_CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.PAUSED, pause_reason=reason)


# ---- Claiming ---------------------------------------------------------------------------------------


def claim_batch(owner: str, settings: NewsletterSettings, limit: int) -> Batch | None:
    """Claim up to `limit` due deliveries of the campaign that started first; None if none is due.

    Skip subscribers who have unsubscribed since.
    """
    sender = Sender.from_settings(settings)
    sending = Campaign.objects.filter(status=_CAMPAIGN_STATUS.SENDING).order_by("started_at", "pk")
    for campaign in sending.select_related("topic").defer(*LARGE_FIELDS):
        template = compile_message(campaign.pk, campaign.frozen_sha256, sender)
        now = timezone.now()
        claimed: list[ClaimedDelivery] = []
        skipped = 0
        with transaction.atomic():
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
    in_audience = Exists(campaign.audience().filter(pk=OuterRef("subscriber_id")))
    # Unordered: the index yields the requested number of rows without sorting all of them.
    due = campaign.deliveries.filter(status=status, next_at__lte=now).order_by().annotate(in_audience=in_audience)
    # Skips rows locked by other workers (PostgreSQL), or holds the database's single write lock (SQLite).
    unlocked = due.select_for_update(skip_locked=True, of=("self",))
    found = list(unlocked.values_list(*_COLUMNS, "in_audience")[:limit])
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
        Exists(subscribers), campaign__status=_CAMPAIGN_STATUS.SENDING, pk__in=[row.pk for row in deliveries]
    )
    return set(rows.values_list("pk", flat=True))


# ---- Sending ----------------------------------------------------------------------------------------


def send_batch(batch: Batch, transport: Transport, journal: Journal, stopped: Callable[[], bool]) -> Results:
    """Send the emails of `batch` one by one and return the outcomes. Deliveries not attempted are pending again."""
    results: Results = defaultdict(list)
    checked_at, wanted = time.monotonic(), {row.pk for row in batch.deliveries}
    rest = list(reversed(batch.deliveries))
    while rest and not stopped():
        if time.monotonic() - checked_at > AUDIENCE_CHECK_SECONDS:
            checked_at, wanted = time.monotonic(), still_in_audience(batch.campaign, rest)
        row = rest.pop()
        if row.pk not in wanted:
            results[Outcome(_STATUS.PENDING)].append(row)
            continue
        try:
            next_recipient = _recipient(rest[-1]) if rest and rest[-1].pk in wanted else ""
            outcome = _send_email(row, batch, transport, journal, next_recipient)
        except (LeaseExpiredError, TransportError) as error:
            log.warning("%s emails go back to the queue: %s", len(rest) + 1, error)
            rest.append(row)
            break
        results[outcome].append(row)
        if outcome.is_config_error:
            break
    if rest:
        results[Outcome(_STATUS.PENDING)] += rest
    return results


def _recipient(row: ClaimedDelivery) -> str:
    """Return the email address in the form mail servers accept; "" if it is invalid."""
    try:
        return encode_recipient(row.to_email)
    except ValueError:
        return ""


def _send_email(
    row: ClaimedDelivery, batch: Batch, transport: Transport, journal: Journal, next_recipient: str
) -> Outcome:
    def before_submit() -> None:
        # In this order: either a worker that takes over an expired claim finds the entry, or the check below fails.
        journal.record_start(row.pk, row.attempt)
        if time.time() > batch.lease_until - LEASE_MARGIN.total_seconds():
            journal.record_outcome(row.pk, row.attempt, Outcome(_STATUS.PENDING))
            raise LeaseExpiredError("the claim is about to expire")

    recipient = _recipient(row)
    if not recipient:
        return Outcome(_STATUS.FAILED, "", "The email address is invalid.")
    message = batch.template.personalize(recipient, row.message_id, row.public_id, row.token_version, batch.date)
    outcome = transport.send(batch.sender.email, recipient, message, before_submit, next_recipient)
    journal.record_outcome(row.pk, row.attempt, outcome)
    return outcome


# ---- Saving results ---------------------------------------------------------------------------------


def save_results(campaign: Campaign, settings: NewsletterSettings, owner: str, results: Results) -> None:
    """Save the outcomes of deliveries that `owner` still holds, and pause the campaign if too many failed."""
    with transaction.atomic():
        for outcome, rows in results.items():
            by_attempt = defaultdict(list)
            for row in rows:
                by_attempt[row.attempt].append(row.pk)
            for attempt, keys in by_attempt.items():
                held = Delivery.objects.filter(pk__in=keys, owner=owner, attempt=attempt)
                saved = _save_outcome(held, campaign, attempt, outcome)
                if saved < len(keys):
                    log.warning("%s outcomes were not saved because the claim had expired", len(keys) - saved)
        if reason := _reason_to_pause(campaign, settings, results):
            log.warning("Pausing campaign %s: %s", campaign.pk, reason)
            Campaign.objects.filter(pk=campaign.pk).transition(
                _CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.PAUSED, pause_reason=reason[:300]
            )


def _save_outcome(claimed: DeliveryQuerySet, campaign: Campaign, attempt: int, outcome: Outcome) -> int:
    """Set the status of claimed deliveries from `outcome` and return the number of rows changed."""
    now = timezone.now()
    status = outcome.status
    if status == _STATUS.PENDING:
        return claimed.transition(_STATUS.CLAIMED, status)
    is_last_attempt = attempt > len(RETRY_DELAYS) and now - (campaign.started_at or now) > RETRY_FOR
    if status == _STATUS.DEFERRED and is_last_attempt:
        status = _STATUS.FAILED
    values: dict[str, Any] = {"code": outcome.code}
    if outcome.provider_id:
        values["provider_id"] = outcome.provider_id
    if status != _STATUS.SENT:
        # An earlier error is kept when the email is sent in the end: this may have been the second copy.
        values["error"] = outcome.error
    if status in (_STATUS.DEFERRED, _STATUS.UNCERTAIN):
        values["next_at"] = now if outcome.is_config_error or outcome is _UNKNOWN else now + _retry_delay(attempt)
    return claimed.transition(_STATUS.CLAIMED, status, **values)


def _retry_delay(attempt: int) -> timedelta:
    """Return the delay with jitter, so that emails rejected together are not retried together."""
    return RETRY_DELAYS[min(attempt, len(RETRY_DELAYS)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311


def _reason_to_pause(campaign: Campaign, settings: NewsletterSettings, results: Results) -> str:
    for outcome in results:
        if outcome.is_config_error:
            return f"The mail server rejects our emails. {outcome.error}"
    failed = sum(len(rows) for outcome, rows in results.items() if outcome.status in FAILURE_STATUSES)
    # Counting the whole campaign is slow, and only needed if this batch exceeds the limit.
    if failed * 100 <= settings.pause_error_percent * sum(map(len, results.values())):
        return ""
    return error_rate_problem(campaign, settings)


# ---- Recovering from crashes ------------------------------------------------------------------------


def recover() -> None:
    """Resolve the claims of workers that were killed or stalled, then the uncertain deliveries by the owner's policy.

    The journal of an ended process is replayed at once, that of a running process when its lease has expired. If the
    journal is not on this machine, all its claims are uncertain, except those with an event from the provider: they
    were sent.
    """
    for owner in journals.abandoned_owners():
        resolve_claims(Delivery.objects.filter(owner=owner), journals.replay(owner))
    expired = Delivery.objects.filter(status=_STATUS.CLAIMED, lease_until__lt=timezone.now())
    for owner in list(expired.order_by().values_list("owner", flat=True).distinct()):
        resolve_claims(expired.filter(owner=owner), journals.replay(owner))
    # The provider may have reported an event before the response to our request was saved.
    has_event = Exists(WebhookEvent.objects.filter(delivery=OuterRef("pk")))
    live = Delivery.objects.filter(campaign__status__in=(_CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.PAUSED))
    live.filter(has_event).transition(_STATUS.UNCERTAIN, _STATUS.SENT)
    if NewsletterSettings.load().uncertain_policy == NewsletterSettings.UncertainPolicy.RESEND:
        due = Delivery.objects.filter(campaign__status=_CAMPAIGN_STATUS.SENDING, next_at__lte=timezone.now())
        due.filter(attempt__lt=MAX_UNCERTAIN_ATTEMPTS).transition(_STATUS.UNCERTAIN, _STATUS.PENDING)


def resolve_claims(claimed: DeliveryQuerySet, replay: Replay | None) -> None:
    """Set the outcomes of `claimed`, the deliveries of one owner, from its journal."""
    with transaction.atomic():
        rows = claimed.filter(status=_STATUS.CLAIMED).select_related("campaign")
        for row in rows.select_for_update(of=("self",)):
            outcome = _outcome_from_journal(replay, row)
            _save_outcome(claimed.filter(pk=row.pk, attempt=row.attempt), row.campaign, row.attempt, outcome)


def _outcome_from_journal(replay: Replay | None, row: Delivery) -> Outcome:
    if replay is None:
        return _UNKNOWN
    entry = replay.entries.get((row.pk, row.attempt))
    if entry is None and replay.is_complete:
        return Outcome(_STATUS.PENDING)
    if entry is None or entry.outcome is None:
        return _UNKNOWN
    return entry.outcome


def finish_campaigns() -> None:
    """Mark the campaigns as sent that have no open deliveries."""
    unfinished = Delivery.objects.open().filter(campaign=OuterRef("pk"))
    Campaign.objects.filter(~Exists(unfinished)).transition(_CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.SENT)
