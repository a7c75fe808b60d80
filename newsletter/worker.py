"""One round of the newsletter's background work: plan automatic campaigns and sequences, then send what is due."""

from collections.abc import Callable

from newsletter.campaigns.automation import plan_campaigns
from newsletter.delivery.sending import send_due_campaigns
from newsletter.sequences.planning import plan_sequences
from operations.maintenance import is_maintenance_on


def run_round(stopped: Callable[[], bool], seconds: float = 60.0) -> int:
    """Plan campaigns and sequences, and send what is due for about `seconds` or until `stopped()` returns True.

    Return the number of attempted emails; back off after 0.
    """
    if is_maintenance_on():
        return 0
    plan_campaigns()
    plan_sequences()
    return send_due_campaigns(stopped, seconds)
