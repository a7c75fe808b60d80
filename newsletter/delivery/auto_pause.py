"""Decide whether a campaign must pause because its error or complaint rate is too high."""

from newsletter.models import Campaign, Delivery, NewsletterSettings

# Smaller numbers are not significant.
MIN_FAILURES = 20
MIN_COMPLAINTS = 3

_STATUS = Delivery.Status
# Uncertain counts as a failure: the server has a problem, and each further email may be sent twice.
FAILURE_STATUSES = (_STATUS.FAILED, _STATUS.UNCERTAIN)


def error_rate_problem(campaign: Campaign, newsletter_settings: NewsletterSettings) -> str:
    """Explain that too many emails failed or are uncertain; "" if the error rate is acceptable."""
    counts = campaign.deliveries.count_by_status()
    failed = sum(counts[status] for status in FAILURE_STATUSES)
    attempted = failed + counts[_STATUS.SENT]
    if failed < MIN_FAILURES or failed * 100 <= newsletter_settings.pause_error_percent * attempted:
        return ""
    return f"{failed} of {attempted} emails failed or got no clear response. Check the reasons before you resume."


def complaint_rate_problem(campaign: Campaign, newsletter_settings: NewsletterSettings) -> str:
    """Explain that too many subscribers marked the email as spam; "" if the complaint rate is acceptable."""
    complained = campaign.deliveries.filter(complained_at__isnull=False).count()
    if complained < MIN_COMPLAINTS:
        return ""
    sent = campaign.deliveries.filter(status=_STATUS.SENT).count()
    if complained * 100 <= newsletter_settings.pause_complaint_percent * sent:
        return ""
    return (
        f"{complained} of {sent} subscribers marked this email as spam. Email providers block senders for that: find"
        " the cause before you resume."
    )
