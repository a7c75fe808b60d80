"""When a campaign should wait for its author: too much of it comes back, or too many call it spam."""

from newsletter.models import Campaign, Delivery, NewsletterSettings

# Fewer than these say nothing about a campaign.
LEAST_FAILURES = 20
LEAST_COMPLAINTS = 3

_STATUS = Delivery.Status
# A server that gives no clear answer to many is in trouble, and each further mail may become two.
FAILURES = (_STATUS.FAILED, _STATUS.UNCERTAIN)


def too_many_failures(campaign: Campaign, profile: NewsletterSettings) -> str:
    """Why it should wait, by the share of mails that failed or may have; "" if it should not. One query."""
    census = campaign.deliveries.count_by_status()
    failed = sum(census[status] for status in FAILURES)
    done = failed + census[_STATUS.SENT]
    if failed < LEAST_FAILURES or failed * 100 <= profile.pause_error_percent * done:
        return ""
    return f"{failed} of {done} mails failed, or got no clear answer. Look at the reasons before you go on."


def too_many_complaints(campaign: Campaign, profile: NewsletterSettings) -> str:
    """Why it should wait, by the share of readers who called it spam; "" if it should not. Two queries."""
    complained = campaign.deliveries.filter(complained_at__isnull=False).count()
    if complained < LEAST_COMPLAINTS:
        return ""
    sent = campaign.deliveries.filter(status=_STATUS.SENT).count()
    if complained * 100 <= profile.pause_complaint_percent * sent:
        return ""
    return (
        f"{complained} of {sent} readers called it spam. Mail providers block senders for that: look before you go on."
    )
