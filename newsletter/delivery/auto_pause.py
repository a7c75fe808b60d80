"""When a campaign should wait for its author: too much of it comes back, or too many call it spam."""

from newsletter.models import Campaign, Delivery, SenderProfile

# Fewer than these say nothing about a campaign.
LEAST_FAILURES = 20
LEAST_COMPLAINTS = 3

_STATE = Delivery.State
# A server that gives no clear answer to many is in trouble, and each further mail may become two.
FAILURES = (_STATE.FAILED, _STATE.UNCERTAIN)


def too_many_failures(campaign: Campaign, profile: SenderProfile) -> str:
    """Why it should wait, by the share of mails that failed or may have; "" if it should not. One query."""
    census = campaign.deliveries.census()
    failed = sum(census[state] for state in FAILURES)
    done = failed + census[_STATE.SENT]
    if failed < LEAST_FAILURES or failed * 100 <= profile.pause_error_share * done:
        return ""
    return f"{failed} of {done} mails failed, or got no clear answer. Look at the reasons before you go on."


def too_many_complaints(campaign: Campaign, profile: SenderProfile) -> str:
    """Why it should wait, by the share of readers who called it spam; "" if it should not. Two queries."""
    complained = campaign.deliveries.filter(complained_at__isnull=False).count()
    if complained < LEAST_COMPLAINTS:
        return ""
    sent = campaign.deliveries.filter(state=_STATE.SENT).count()
    if complained * 100 <= profile.pause_complaint_share * sent:
        return ""
    return (
        f"{complained} of {sent} readers called it spam. Mail providers block senders for that: look before you go on."
    )
