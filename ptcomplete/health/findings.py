"""What a health check is, and its result."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.timesince import timesince

from operations.findings import Finding, Level


class Check(NamedTuple):
    """A check.

    `is_remote` checks wait for another machine, so they run in threads and not for the dashboard. Others may use the
    database unless they do without (`needs_database`).
    """

    name: str
    run: Callable[[], Finding]
    is_remote: bool = False
    needs_database: bool = True
    is_on_dashboard: bool = True


class Result(NamedTuple):
    """The finding of a check."""

    check: Check
    finding: Finding

    @property
    def is_problem(self) -> bool:
        """Return whether something is wrong."""
        return self.finding.level != Level.OK


def duration(age: timedelta) -> str:
    """Return the largest unit of a duration, such as "2 hours", or "a moment"."""
    if age < timedelta(minutes=1):
        return "a moment"
    now = timezone.now()
    return timesince(now - age, now, depth=1).replace("\xa0", " ")
