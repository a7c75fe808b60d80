"""What a health check is, and what it finds."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.timesince import timesince


class Level(TextChoices):
    """The severity of a finding, most severe first."""

    ERROR = "error", "Error"
    WARNING = "warning", "Warning"
    OK = "ok", "OK"


class Finding(NamedTuple):
    """What is wrong, in a sentence, and what to do. `url` is the admin page where one can do it."""

    level: Level
    message: str
    advice: str = ""
    url: str = ""


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


def ok(message: str, url: str = "") -> Finding:
    """Return the finding that nothing is wrong."""
    return Finding(Level.OK, message, "", url)


def warning(message: str, advice: str, url: str = "") -> Finding:
    """Return a finding that should be looked at."""
    return Finding(Level.WARNING, message, advice, url)


def error(message: str, advice: str, url: str = "") -> Finding:
    """Return a finding that keeps the site from doing its work, or that risks data."""
    return Finding(Level.ERROR, message, advice, url)


def duration(age: timedelta) -> str:
    """Return the largest unit of a duration, such as "2 hours", or "a moment"."""
    if age < timedelta(minutes=1):
        return "a moment"
    now = timezone.now()
    return timesince(now - age, now, depth=1).replace("\xa0", " ")
