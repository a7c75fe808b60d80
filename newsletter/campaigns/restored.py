"""Keep campaigns and sequences of a restored backup from being sent again."""

from django.db import transaction

from newsletter.models import Campaign, NewsletterSettings, Sequence

_STATUS = Campaign.Status


def pause_everything() -> None:
    """Pause, unschedule or cancel campaigns and sequences that may have been sent since the backup was made.

    Nothing in the database shows which subscribers got them, so the author decides. Automation is turned off as well:
    turned on again, it leaves out posts that are already public.
    """
    reason = "A backup was restored. Some of these emails may have been sent since it was made."
    with transaction.atomic():
        sequences, status = Sequence.objects.all(), Sequence.Status
        sequences.transition(status.ACTIVE, status.PAUSED, pause_reason=reason)
        Campaign.objects.all().transition(_STATUS.SENDING, _STATUS.PAUSED, pause_reason=reason)
        Campaign.objects.all().transition(_STATUS.PREPARING, _STATUS.CANCELLED)
        Campaign.objects.all().transition(_STATUS.SCHEDULED, _STATUS.DRAFT)
        NewsletterSettings.objects.update(is_automation_enabled=False)
