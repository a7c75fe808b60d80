"""What authors can do with sequences. Each action is a guarded transition: of two people, only one succeeds."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from newsletter.models import Campaign, Sequence
from newsletter.models.campaigns import CampaignQuerySet

_STATUS = Sequence.Status
_CAMPAIGN_STATUS = Campaign.Status


def activate(sequence: Sequence) -> bool:
    """Start `sequence` for everyone who confirms from now on. Return False if it is not a draft."""
    return bool(Sequence.objects.filter(pk=sequence.pk).transition(_STATUS.DRAFT, _STATUS.ACTIVE))


def pause(sequence: Sequence, reason: str = "") -> bool:
    """Stop sending after the current batch. New subscribers still start. Return False if it is not active."""
    with transaction.atomic():
        rows = Sequence.objects.filter(pk=sequence.pk)
        if not rows.transition(_STATUS.ACTIVE, _STATUS.PAUSED, pause_reason=reason):
            return False
        _editions(sequence).transition(_CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.PAUSED, pause_reason=reason)
    return True


def resume(sequence: Sequence) -> bool:
    """Continue where `sequence` was paused, as if no time had passed. Return False if it is not paused."""
    with transaction.atomic():
        rows = Sequence.objects.filter(pk=sequence.pk)
        paused_at = rows.select_for_update().values_list("paused_at", flat=True).first()
        if not paused_at or not rows.transition(_STATUS.PAUSED, _STATUS.ACTIVE):
            return False
        sequence.enrollments.shift(paused_at)
        _editions(sequence).transition(_CAMPAIGN_STATUS.PAUSED, _CAMPAIGN_STATUS.SENDING)
    return True


def end(sequence: Sequence) -> bool:
    """End `sequence` for everyone, for good. Return False if it has not started or has ended."""
    with transaction.atomic():
        rows = Sequence.objects.filter(pk=sequence.pk)
        if not any(rows.transition(status, _STATUS.ENDED) for status in (_STATUS.ACTIVE, _STATUS.PAUSED)):
            return False
        sequence.enrollments.end("ended")
        for status in (_CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.PAUSED):
            _editions(sequence).transition(status, _CAMPAIGN_STATUS.CANCELLED)
    return True


def pause_stopped() -> None:
    """Pause the sequences of which a campaign was paused, such as after too many errors."""
    stopped = Campaign.objects.filter(sequence_email__sequence=OuterRef("pk"), status=_CAMPAIGN_STATUS.PAUSED)
    for sequence in Sequence.objects.filter(Exists(stopped), status=_STATUS.ACTIVE):
        edition = _editions(sequence).filter(status=_CAMPAIGN_STATUS.PAUSED).first()
        pause(sequence, edition.pause_reason if edition else "")


def _editions(sequence: Sequence) -> CampaignQuerySet:
    return Campaign.objects.filter(sequence_email__sequence=sequence.pk)
