"""What authors can do with campaigns. Each action is a guarded transition: of two people, only one succeeds."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from newsletter.models import Campaign, Delivery
from newsletter.models.campaigns import MAX_DELAY, CampaignQuerySet
from newsletter.models.deliveries import DeliveryQuerySet

_CAMPAIGN_STATUS = Campaign.Status
_STATUS = Delivery.Status
_CANCELLABLE = (
    _CAMPAIGN_STATUS.SCHEDULED,
    _CAMPAIGN_STATUS.PREPARING,
    _CAMPAIGN_STATUS.SENDING,
    _CAMPAIGN_STATUS.PAUSED,
)
_RESENDABLE = (_CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.PAUSED, _CAMPAIGN_STATUS.SENT)


def schedule(campaign: Campaign, at: datetime) -> bool:
    """Schedule or reschedule `campaign` for `at`.

    `campaign` is what the author approved: return False if its version, status or time has changed since.
    """
    times = {"scheduled_at": at, "not_after": at + MAX_DELAY, "pause_reason": ""}
    approved = Campaign.objects.filter(pk=campaign.pk, version=campaign.version)
    if campaign.status == _CAMPAIGN_STATUS.SCHEDULED:
        unchanged = approved.filter(status=_CAMPAIGN_STATUS.SCHEDULED, scheduled_at=campaign.scheduled_at)
        return bool(unchanged.update(**times))
    if campaign.status == _CAMPAIGN_STATUS.DRAFT:
        return bool(approved.transition(_CAMPAIGN_STATUS.DRAFT, _CAMPAIGN_STATUS.SCHEDULED, **times))
    return False


def unschedule(campaign: Campaign) -> bool:
    """Turn a scheduled campaign back into a draft. Return False if it is no longer scheduled."""
    rows = _rows(campaign)
    return bool(rows.transition(_CAMPAIGN_STATUS.SCHEDULED, _CAMPAIGN_STATUS.DRAFT, pause_reason=""))


def pause(campaign: Campaign) -> bool:
    """Stop sending after the current batch. Return False if the campaign is not being sent."""
    return bool(_rows(campaign).transition(_CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.PAUSED, pause_reason=""))


def resume(campaign: Campaign) -> bool:
    """Continue sending. Return False if the campaign is not paused."""
    return bool(_rows(campaign).transition(_CAMPAIGN_STATUS.PAUSED, _CAMPAIGN_STATUS.SENDING))


def cancel(campaign: Campaign) -> bool:
    """End a scheduled or started campaign permanently. Return False if it has ended already."""
    rows = _rows(campaign)
    return any(rows.transition(status, _CAMPAIGN_STATUS.CANCELLED, pause_reason="") for status in _CANCELLABLE)


def resend_failed(campaign: Campaign, delivery_pk: int | None = None) -> int:
    """Send the failed deliveries again, or only `delivery_pk`, and return their number. Reopens a sent campaign."""
    with transaction.atomic():
        status = _locked_status(campaign)
        if status not in _RESENDABLE:
            return 0
        failed = _deliveries(campaign, delivery_pk)
        number = failed.transition(_STATUS.FAILED, _STATUS.PENDING, next_at=timezone.now())
        if number and status == _CAMPAIGN_STATUS.SENT:
            _rows(campaign).transition(_CAMPAIGN_STATUS.SENT, _CAMPAIGN_STATUS.SENDING)
    return number


def resend_uncertain(campaign: Campaign, delivery_pk: int | None = None) -> int:
    """Send the uncertain deliveries again, or only `delivery_pk`, and return their number."""
    with transaction.atomic():
        if _locked_status(campaign) not in (_CAMPAIGN_STATUS.SENDING, _CAMPAIGN_STATUS.PAUSED):
            return 0
        uncertain = _deliveries(campaign, delivery_pk)
        return uncertain.transition(_STATUS.UNCERTAIN, _STATUS.PENDING, next_at=timezone.now())


def mark_uncertain_sent(campaign: Campaign, delivery_pk: int | None = None) -> int:
    """Count the uncertain deliveries as sent, or only `delivery_pk`, and return their number."""
    return _deliveries(campaign, delivery_pk).transition(_STATUS.UNCERTAIN, _STATUS.SENT)


def duplicate(campaign: Campaign) -> Campaign:
    """Create a new draft with the same content and audience."""
    names = ("subject", "preheader", "body", "topic_id", "post_id", "is_in_archive")
    return Campaign.objects.create(**{name: getattr(campaign, name) for name in names})


def _rows(campaign: Campaign) -> CampaignQuerySet:
    return Campaign.objects.filter(pk=campaign.pk)


def _locked_status(campaign: Campaign) -> str:
    status = _rows(campaign).select_for_update().values_list("status", flat=True).first()
    return status or ""


def _deliveries(campaign: Campaign, pk: int | None) -> DeliveryQuerySet:
    deliveries = Delivery.objects.filter(campaign=campaign)
    return deliveries if pk is None else deliveries.filter(pk=pk)
