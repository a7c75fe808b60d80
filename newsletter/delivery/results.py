"""Save the outcomes of attempts, including those that only the journal shows after a crash."""

import logging
import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from newsletter.delivery import journal as journals
from newsletter.delivery.auto_pause import FAILURE_STATUSES, error_rate_problem
from newsletter.delivery.claims import ClaimedDelivery
from newsletter.delivery.journal import Replay
from newsletter.delivery.transport import Outcome
from newsletter.models import Campaign, Delivery, NewsletterSettings, WebhookEvent
from newsletter.models.deliveries import DeliveryQuerySet

log = logging.getLogger(__name__)

# Delays between attempts. After the last one a delivery fails, unless the campaign started less than a day ago.
RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 360, 360))
RETRY_FOR = timedelta(hours=24)
# A delivery that is uncertain this many times is not sent again automatically, or a server that accepts every email
# without confirming it would send the subscriber copies forever.
MAX_UNCERTAIN_ATTEMPTS = 3

_CAMPAIGN_STATUS = Campaign.Status
_STATUS = Delivery.Status
_UNKNOWN = Outcome(_STATUS.UNCERTAIN, "", "The worker was killed before it knew whether the email was accepted.")

type Results = dict[Outcome, list[ClaimedDelivery]]


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
