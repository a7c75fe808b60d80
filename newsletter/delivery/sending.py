"""Send campaigns: claim deliveries, submit their emails and save the outcomes.

Each email is submitted exactly once, as far as SMTP allows. A delivery is claimed by one connection, for a limited time
(the lease) and with a number (the attempt); an outcome is saved only while both are still valid. After a crash, the
journal shows what the worker was doing: without an entry the email was not submitted, with an outcome it was, and only
a start without an outcome is uncertain. That is at most one delivery per connection. Lower layers never retry.
"""

import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial

from django.conf import settings as django_settings
from django.db import connection
from django.db.models import Exists, OuterRef

from newsletter.delivery import rate_limit
from newsletter.delivery.claims import Batch, ClaimedDelivery, claim_batch, still_in_audience
from newsletter.delivery.journal import Journal
from newsletter.delivery.materialize import prepare_due_campaigns
from newsletter.delivery.mime import encode_recipient
from newsletter.delivery.providers import ProviderTransport, create_transport
from newsletter.delivery.results import Results, recover, save_results
from newsletter.delivery.sender_processes import SenderProcesses
from newsletter.delivery.transport import Outcome, SmtpTransport, TransportError
from newsletter.models import Campaign, Delivery, NewsletterSettings
from operations.maintenance import or_maintenance
from siteinfo.local_time import local_time_of
from siteinfo.models import SiteInfo

log = logging.getLogger(__name__)

# How much of the lease must be left before submitting: time for the reply and for saving it.
LEASE_MARGIN = timedelta(minutes=3)
# During a slow batch, unsubscribes and pauses take effect within this time.
AUDIENCE_CHECK_SECONDS = 1.0

_CAMPAIGN_STATUS = Campaign.Status
_STATUS = Delivery.Status
# The other processes of this worker, which last from round to round while there is something to send.
_other_processes = SenderProcesses()

type Transport = SmtpTransport | ProviderTransport


class LeaseExpiredError(Exception):
    """The claim is about to expire, or another worker has taken it over."""


# ---- The sending round ------------------------------------------------------------------------------


def send_due_campaigns(stopped: Callable[[], bool], seconds: float = 60.0) -> int:
    """Run one sending round for about `seconds` or until `stopped()` returns True or maintenance begins.

    Return the number of attempts; back off after 0. The number of connections is read once per round, all other
    settings once per batch. Raise SenderProcessError if one of the other processes ended unexpectedly.
    """
    deadline = time.monotonic() + seconds
    stopped = or_maintenance(stopped)
    recover()
    prepare_due_campaigns()
    finish_campaigns()
    connections = divide_connections(NewsletterSettings.load())
    if not connections:
        _other_processes.close()
        return 0
    with _other_processes.sending(connections[1:], lambda: stopped() or time.monotonic() > deadline) as sending_round:
        attempts = send_over_connections(connections[0], sending_round.is_over)
    finish_campaigns()
    return attempts + sending_round.attempts


def divide_connections(settings: NewsletterSettings) -> list[int]:
    """Return the number of connections for each process, this one first. An empty list if nothing is due.

    There are up to NEWSLETTER_PROCESSES processes, but not more than connections or due batches.
    """
    processes = min(django_settings.NEWSLETTER_PROCESSES, settings.connections)
    due = Delivery.objects.due().filter(campaign__status=_CAMPAIGN_STATUS.SENDING).order_by()
    due_count = due[: processes * settings.batch_size].count()
    processes = min(processes, math.ceil(due_count / settings.batch_size))
    return [len(range(index, settings.connections, processes)) for index in range(processes)]


def send_over_connections(number: int, stopped: Callable[[], bool]) -> int:
    """Send over `number` connections until nothing is due or allowed, and return the number of attempts."""
    send = partial(_send_over_connection, stopped)
    if number == 1:
        return send()
    site = SiteInfo.load()
    with ThreadPoolExecutor(number, "newsletter") as pool:
        return sum(pool.map(lambda _: _run_in_thread(send, site), range(number)))


def finish_campaigns() -> None:
    """Mark the campaigns that have no open deliveries as sent."""
    unfinished = Delivery.objects.open().filter(campaign=OuterRef("pk"))
    Campaign.objects.filter(~Exists(unfinished)).transition(_CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.SENT)


def _run_in_thread(send: Callable[[], int], site: SiteInfo) -> int:
    try:
        if connection.vendor == "sqlite":
            # Every thread has its own page cache; the 20 MB from the settings are meant for one connection.
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA cache_size=-2000")
        # The time zone decides what counts as the same day.
        with local_time_of(site):
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
    message = batch.template.personalize(recipient, row.message_id, row.public_id_hex, row.token_version, batch.date)
    outcome = transport.send(batch.sender.email, recipient, message, before_submit, next_recipient)
    journal.record_outcome(row.pk, row.attempt, outcome)
    return outcome
