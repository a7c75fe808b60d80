"""Sends campaigns: claims mails, hands them to the mail server, keeps what became of each.

Exactly once, as far as SMTP allows. Every mail is a row that one connection claims, for a time (the lease) and under a
number (the attempt); a result is kept only where both still hold. What a killed worker was doing is in its journal: a
mail without a line was not handed over, one with an answer was, and only one in between is uncertain, at most one for
each connection. Nothing below this file tries a mail again.
"""

import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from newsletter.delivery import journal as journals
from newsletter.delivery import rate_limit
from newsletter.delivery.auto_pause import FAILURES, too_many_failures
from newsletter.delivery.journal import Journal, Replay
from newsletter.delivery.materialize import prepare_due
from newsletter.delivery.mime import Mail, Sender, compiled, deliverable
from newsletter.delivery.providers import ProviderTransport, create_transport
from newsletter.delivery.transport import Outcome, SmtpTransport, TransportError
from newsletter.models import Campaign, Delivery, NewsletterSettings, WebhookEvent
from newsletter.models.deliveries import DeliveryQuerySet

log = logging.getLogger(__name__)

# How long a claim holds, and how much of that must be left before a dot: time for the answer, and for keeping it.
LEASE = timedelta(minutes=10)
LEASE_LEFT = timedelta(minutes=3)
# Somebody who leaves, or pauses the campaign, while a slow chunk is under way is heard within this.
SECONDS_BETWEEN_LOOKS = 1.0
# Then it has failed, unless the campaign is so slow that its first day is not over.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 360, 360))
TRIED_FOR = timedelta(hours=24)
# A mail that stays uncertain so often is not sent again by itself: a server that takes it each time and never says so
# would have its reader mailed without end.
MOST_COPIES = 3

_COLUMNS = ("pk", "attempt", "to_email", "message_id", "subscriber__public_id", "subscriber__token_version")
_DELIVERY_STATUS = Delivery.Status
_STATUS = Campaign.Status
_UNTOLD = Outcome(_DELIVERY_STATUS.UNCERTAIN, "", "The worker was killed before it knew whether the mail was taken.")

type Results = dict[Outcome, list[Claimed]]
type Transport = SmtpTransport | ProviderTransport


class LeaseOver(Exception):  # noqa: N818 - a state of the world
    """The claim is nearly over, or somebody else's by now."""


class Claimed(NamedTuple):
    """What is needed of a delivery, and of its reader, to send it. No model: there are very many."""

    pk: int
    attempt: int
    to_email: str
    message_id: str
    public_id: UUID
    epoch: int


class Chunk(NamedTuple):
    """What one connection has claimed."""

    campaign: Campaign
    rows: Sequence[Claimed]
    mail: Mail
    sender: Sender
    date: str
    until: float


# ---- The round --------------------------------------------------------------------------------------


def deliver(stopped: Callable[[], bool], seconds: float = 60.0) -> int:
    """Do what is to be done now, for about `seconds` or until `stopped`; how many mails were tried, 0 to rest a while.

    Heeds the number of connections anew with each call, all other settings with each chunk.
    """
    end = time.monotonic() + seconds
    NewsletterSettings.load().mark_worker_seen()
    recover()
    prepare_due()
    finish()
    profile = NewsletterSettings.load()
    if not _due().exists():
        return 0
    work = partial(_connection, lambda: stopped() or time.monotonic() > end)
    if profile.connections == 1:
        tried = work()
    else:
        with ThreadPoolExecutor(profile.connections, "newsletter") as pool:
            tried = sum(pool.map(lambda _: _in_thread(work), range(profile.connections)))
    finish()
    return tried


def _in_thread(work: Callable[[], int]) -> int:
    try:
        if connection.vendor == "sqlite":
            # Each connection keeps pages of its own: the settings' 20 MB are meant for one.
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA cache_size=-2000")
        return work()
    finally:
        connection.close()


def _connection(stopped: Callable[[], bool]) -> int:
    """Send chunk after chunk over one connection until nothing is due or allowed; how many mails were tried.

    0 as well if the mail server went away, so that whoever called waits before the next try.
    """
    tried = 0
    with create_transport() as line, closing(Journal()) as journal:
        while not stopped():
            profile = NewsletterSettings.load()
            try:
                # Before anything is claimed: a server that is away must cost no mail an attempt.
                line.open()
            except TransportError as error:
                _unreachable(error)
                return 0
            allowed = rate_limit.reserve(profile, profile.batch_size)
            journal.begin_claim()
            chunk = claim(journal.owner, profile, allowed.number) if allowed.number else None
            results = send(chunk, line, journal, stopped) if chunk else {}
            handled = sum(len(rows) for outcome, rows in results.items() if outcome.status != _DELIVERY_STATUS.PENDING)
            rate_limit.give_back(allowed, allowed.number - handled)
            if chunk:
                keep(chunk.campaign, profile, journal.owner, results)
            journal.clear()
            tried += handled
            if chunk is None or (chunk.rows and not handled):
                break
    return tried


def _unreachable(error: TransportError) -> None:
    log.warning("No campaign can be sent: %s", error)
    if error.is_config_error:
        Campaign.objects.all().transition(_STATUS.SENDING, _STATUS.PAUSED, pause_reason=str(error)[:300])


def _due() -> DeliveryQuerySet:
    return Delivery.objects.due().filter(campaign__status=_STATUS.SENDING)


# ---- Claiming ---------------------------------------------------------------------------------------


def claim(owner: str, profile: NewsletterSettings, most: int) -> Chunk | None:
    """Take up to `most` mails of the campaign that began first; None if none is due. Skips who left meanwhile."""
    big = ("body", "frozen_html", "frozen_text")
    sender = Sender.of(profile)
    under_way = Campaign.objects.filter(status=_STATUS.SENDING).order_by("started_at", "pk")
    for campaign in under_way.select_related("topic").defer(*big):
        mail = compiled(campaign.pk, campaign.frozen_sha256, sender)
        now = timezone.now()
        until = now + LEASE
        wanted = Exists(campaign.audience().filter(pk=OuterRef("subscriber_id")))
        taken: list[Claimed] = []
        left = 0
        with transaction.atomic():
            for status in (_DELIVERY_STATUS.PENDING, _DELIVERY_STATUS.DEFERRED):
                # In no order, since the index gives as many as are asked for without a look at all the others.
                due = campaign.deliveries.filter(status=status, next_at__lte=now).order_by().annotate(is_wanted=wanted)
                # Waits for nobody (PostgreSQL), or holds the database's one lock (SQLite).
                free = due.select_for_update(skip_locked=True, of=("self",))
                found = list(free.values_list(*_COLUMNS, "is_wanted")[: most - len(taken) - left])
                mine = [Claimed(row[0], row[1] + 1, *row[2:-1]) for row in found if row[-1]]
                if gone := [row[0] for row in found if not row[-1]]:
                    unwanted = Delivery.objects.filter(pk__in=gone)
                    left += unwanted.transition(
                        status, _DELIVERY_STATUS.SKIPPED, error="No longer wanted when its turn came."
                    )
                rows = Delivery.objects.filter(pk__in=[row.pk for row in mine])
                rows.transition(
                    status, _DELIVERY_STATUS.CLAIMED, owner=owner, lease_until=until, attempt=F("attempt") + 1
                )
                taken += mine
                if len(taken) + left >= most:
                    break
        if taken or left:
            return Chunk(campaign, taken, mail, sender, format_datetime(now), until.timestamp())
    return None


def still_wanted(chunk: Chunk, rows: Iterable[Claimed]) -> set[int]:
    """Which of `rows` may still go out; none if the campaign was paused or cancelled. One query."""
    readers = chunk.campaign.audience().filter(pk=OuterRef("subscriber_id"))
    here = Delivery.objects.filter(Exists(readers), campaign__status=_STATUS.SENDING, pk__in=[row.pk for row in rows])
    return set(here.values_list("pk", flat=True))


# ---- Sending ----------------------------------------------------------------------------------------


def send(chunk: Chunk, line: Transport, journal: Journal, stopped: Callable[[], bool]) -> Results:
    """Send the mails of `chunk` one after the other; what became of each. What was not begun is pending again."""
    results: Results = defaultdict(list)
    looked, wanted = time.monotonic(), {row.pk for row in chunk.rows}
    rest = list(reversed(chunk.rows))
    while rest and not stopped():
        if time.monotonic() - looked > SECONDS_BETWEEN_LOOKS:
            looked, wanted = time.monotonic(), still_wanted(chunk, rest)
        row = rest.pop()
        try:
            following = _address(rest[-1]) if rest and rest[-1].pk in wanted else ""
            outcome = (
                _send(row, chunk, line, journal, following) if row.pk in wanted else Outcome(_DELIVERY_STATUS.PENDING)
            )
        except (LeaseOver, TransportError) as error:
            log.warning("%s mails go back: %s", len(rest) + 1, error)
            rest.append(row)
            break
        results[outcome].append(row)
        if outcome.is_config_error:
            break
    if rest:
        results[Outcome(_DELIVERY_STATUS.PENDING)] += rest
    return results


def _address(row: Claimed) -> str:
    """Where its mail goes, as mail servers take it; "" if that is no address."""
    try:
        return deliverable(row.to_email)
    except ValueError:
        return ""


def _send(row: Claimed, chunk: Chunk, line: Transport, journal: Journal, following: str) -> Outcome:
    def before_submit() -> None:
        # In this order: whoever takes over an expired claim finds the line, or this finds the claim expired.
        journal.record_start(row.pk, row.attempt)
        if time.time() > chunk.until - LEASE_LEFT.total_seconds():
            journal.record_outcome(row.pk, row.attempt, Outcome(_DELIVERY_STATUS.PENDING))
            raise LeaseOver("the claim is nearly over")

    address = _address(row)
    if not address:
        return Outcome(_DELIVERY_STATUS.FAILED, "", "The address is not written as mail needs it.")
    mail = chunk.mail.to(address, row.message_id, row.public_id, row.epoch, chunk.date)
    outcome = line.send(chunk.sender.email, address, mail, before_submit, following)
    journal.record_outcome(row.pk, row.attempt, outcome)
    return outcome


# ---- Keeping ----------------------------------------------------------------------------------------


def keep(campaign: Campaign, profile: NewsletterSettings, owner: str, results: Results) -> None:
    """Keep what became of the mails that `owner` still holds; pause the campaign if it should not go on."""
    with transaction.atomic():
        for outcome, rows in results.items():
            by_attempt = defaultdict(list)
            for row in rows:
                by_attempt[row.attempt].append(row.pk)
            for attempt, keys in by_attempt.items():
                held = Delivery.objects.filter(pk__in=keys, owner=owner, attempt=attempt)
                kept = _keep(held, campaign, attempt, outcome)
                if kept < len(keys):
                    log.warning("%s results came too late: the claim was over", len(keys) - kept)
        if reason := _reason_to_pause(campaign, profile, results):
            log.warning("Campaign %s pauses: %s", campaign.pk, reason)
            Campaign.objects.filter(pk=campaign.pk).transition(
                _STATUS.SENDING, _STATUS.PAUSED, pause_reason=reason[:300]
            )


def _keep(held: DeliveryQuerySet, campaign: Campaign, attempt: int, outcome: Outcome) -> int:
    """Bring claimed rows to the status of `outcome`; how many."""
    now = timezone.now()
    status = outcome.status
    if status == _DELIVERY_STATUS.PENDING:
        return held.transition(_DELIVERY_STATUS.CLAIMED, status)
    if (
        status == _DELIVERY_STATUS.DEFERRED
        and attempt > len(BACKOFF)
        and now - (campaign.started_at or now) > TRIED_FOR
    ):
        status = _DELIVERY_STATUS.FAILED
    values: dict[str, Any] = {"code": outcome.code}
    if outcome.provider_id:
        values["provider_id"] = outcome.provider_id
    if status != _DELIVERY_STATUS.SENT:
        # What went wrong before stays beside a mail that was sent in the end: it may have been the second copy.
        values |= {"error": outcome.error}
    if status in (_DELIVERY_STATUS.DEFERRED, _DELIVERY_STATUS.UNCERTAIN):
        # With jitter, so that what was refused together does not come back together; our own fault waits for us.
        wait = BACKOFF[min(attempt, len(BACKOFF)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311
        values["next_at"] = now if outcome.is_config_error or outcome is _UNTOLD else now + wait
    return held.transition(_DELIVERY_STATUS.CLAIMED, status, **values)


def _reason_to_pause(campaign: Campaign, profile: NewsletterSettings, results: Results) -> str:
    """Why `campaign` should wait for its author; "" if it should not."""
    for outcome in results:
        if outcome.is_config_error:
            return f"The mail server refuses us. {outcome.error}"
    failed = sum(len(rows) for outcome, rows in results.items() if outcome.status in FAILURES)
    # Without a chunk above the limit the whole is not above it either, and to count the whole takes time.
    if failed * 100 <= profile.pause_error_percent * sum(map(len, results.values())):
        return ""
    return too_many_failures(campaign, profile)


# ---- After a crash ----------------------------------------------------------------------------------


def recover() -> None:
    """Settle the claims of workers that were killed or slept too long, then, by the owner's policy, what is uncertain.

    A journal without a process is told at once; one whose process lives when the lease is over. Claims whose journal
    is on no disk of ours are uncertain, every one, unless the provider has told of the mail: then it was sent.
    """
    for owner in journals.abandoned_owners():
        resolve_claims(Delivery.objects.filter(owner=owner), journals.replay(owner))
    expired = Delivery.objects.filter(status=_DELIVERY_STATUS.CLAIMED, lease_until__lt=timezone.now())
    for owner in list(expired.order_by().values_list("owner", flat=True).distinct()):
        resolve_claims(expired.filter(owner=owner), journals.replay(owner))
    # It may have told before the answer to us was kept.
    told = Exists(WebhookEvent.objects.filter(delivery=OuterRef("pk")))
    open_ones = Delivery.objects.filter(campaign__status__in=(_STATUS.SENDING, _STATUS.PAUSED))
    open_ones.filter(told).transition(_DELIVERY_STATUS.UNCERTAIN, _DELIVERY_STATUS.SENT)
    if NewsletterSettings.load().uncertain_policy == NewsletterSettings.UncertainPolicy.RESEND:
        due = Delivery.objects.filter(campaign__status=_STATUS.SENDING, next_at__lte=timezone.now())
        due.filter(attempt__lt=MOST_COPIES).transition(_DELIVERY_STATUS.UNCERTAIN, _DELIVERY_STATUS.PENDING)


def resolve_claims(claimed: DeliveryQuerySet, replay: Replay | None) -> None:
    """Set the outcomes of `claimed`, the deliveries of one owner, from its journal."""
    with transaction.atomic():
        rows = claimed.filter(status=_DELIVERY_STATUS.CLAIMED).select_related("campaign")
        for row in rows.select_for_update(of=("self",)):
            outcome = _outcome_from_journal(replay, row)
            _keep(claimed.filter(pk=row.pk, attempt=row.attempt), row.campaign, row.attempt, outcome)


def _outcome_from_journal(replay: Replay | None, row: Delivery) -> Outcome:
    if replay is None:
        return _UNTOLD
    entry = replay.entries.get((row.pk, row.attempt))
    if entry is None and replay.is_complete:
        return Outcome(_DELIVERY_STATUS.PENDING)
    if entry is None or entry.outcome is None:
        return _UNTOLD
    return entry.outcome


def finish() -> None:
    """End the campaigns of which every mail has found its end."""
    unfinished = Delivery.objects.open().filter(campaign=OuterRef("pk"))
    Campaign.objects.filter(~Exists(unfinished)).transition(_STATUS.SENDING, _STATUS.SENT)
