"""What people do with campaigns. Each step is one guarded move: of two who press at once, one finds it done."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from newsletter.models import Campaign, Delivery
from newsletter.models.campaigns import STALE_AFTER, CampaignQuerySet
from newsletter.models.deliveries import DeliveryQuerySet

_STATUS = Campaign.Status
_DELIVERY_STATUS = Delivery.Status
_UNENDED = (_STATUS.SCHEDULED, _STATUS.PREPARING, _STATUS.SENDING, _STATUS.PAUSED)


def schedule(campaign: Campaign, at: datetime) -> bool:
    """Let it go out from `at` on, or change when; whether it is as it was when somebody agreed to that.

    `campaign` is what that somebody saw: another version or status by now, and nothing happens.
    """
    times = {"scheduled_at": at, "not_after": at + STALE_AFTER, "pause_reason": ""}
    seen = Campaign.objects.filter(pk=campaign.pk, version=campaign.version)
    if campaign.status == _STATUS.SCHEDULED:
        return bool(seen.filter(status=_STATUS.SCHEDULED, scheduled_at=campaign.scheduled_at).update(**times))
    return bool(campaign.status == _STATUS.DRAFT and seen.transition(_STATUS.DRAFT, _STATUS.SCHEDULED, **times))


def take_back(campaign: Campaign) -> bool:
    """Make a scheduled one a draft again; False if it has begun, or is one already."""
    return bool(_row(campaign).transition(_STATUS.SCHEDULED, _STATUS.DRAFT, pause_reason=""))


def pause(campaign: Campaign) -> bool:
    """Send no more for now. Mails in hand go out; nothing else does."""
    return bool(_row(campaign).transition(_STATUS.SENDING, _STATUS.PAUSED, pause_reason=""))


def resume(campaign: Campaign) -> bool:
    """Go on with a paused one."""
    return bool(_row(campaign).transition(_STATUS.PAUSED, _STATUS.SENDING))


def cancel(campaign: Campaign) -> bool:
    """End one that is scheduled or has begun, for good. What is sent is sent."""
    return any(_row(campaign).transition(status, _STATUS.CANCELLED, pause_reason="") for status in _UNENDED)


def resend_failed(campaign: Campaign, key: int | None = None) -> int:
    """Send again to those whose mail failed, or to the one with the `key`; how many. A finished one goes on."""
    with transaction.atomic():
        status = _locked_status(campaign)
        if status not in (_STATUS.SENDING, _STATUS.PAUSED, _STATUS.SENT):
            return 0
        number = _deliveries(campaign, key).transition(
            _DELIVERY_STATUS.FAILED, _DELIVERY_STATUS.PENDING, next_at=timezone.now()
        )
        if number and status == _STATUS.SENT:
            _row(campaign).transition(_STATUS.SENT, _STATUS.SENDING)
    return number


def settle(campaign: Campaign, key: int | None = None, *, again: bool) -> int:
    """Decide about mails that may or may not have gone out: send them `again`, or count them as sent; how many."""
    with transaction.atomic():
        if again and _locked_status(campaign) not in (_STATUS.SENDING, _STATUS.PAUSED):
            return 0
        rows = _deliveries(campaign, key)
        if again:
            return rows.transition(_DELIVERY_STATUS.UNCERTAIN, _DELIVERY_STATUS.PENDING, next_at=timezone.now())
        return rows.transition(_DELIVERY_STATUS.UNCERTAIN, _DELIVERY_STATUS.SENT)


def copy(campaign: Campaign) -> Campaign:
    """A new draft with its words, for those whom it went to."""
    names = ("subject", "preheader", "body", "topic_id", "post_id", "is_in_archive")
    return Campaign.objects.create(**{name: getattr(campaign, name) for name in names})


def _row(campaign: Campaign) -> CampaignQuerySet:
    return Campaign.objects.filter(pk=campaign.pk)


def _locked_status(campaign: Campaign) -> str:
    found = _row(campaign).select_for_update().values_list("status", flat=True).first()
    return found or ""


def _deliveries(campaign: Campaign, key: int | None) -> DeliveryQuerySet:
    rows = Delivery.objects.filter(campaign=campaign)
    return rows if key is None else rows.filter(pk=key)
