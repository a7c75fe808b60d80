"""Findings of health checks and of checks before a campaign: how severe each is, and what to do about it."""

from typing import NamedTuple

from django.db.models import TextChoices


class Level(TextChoices):
    """The severity of a finding, most severe first."""

    ERROR = "error", "Error"
    WARNING = "warning", "Warning"
    OK = "ok", "OK"


class Finding(NamedTuple):
    """What is wrong, in a sentence, and what to do.

    `url` is where one can do it: an admin page, or an anchor on the page that shows the finding.
    """

    level: Level
    message: str
    advice: str = ""
    url: str = ""


def ok(message: str, url: str = "") -> Finding:
    """Return the finding that nothing is wrong."""
    return Finding(Level.OK, message, "", url)


def warning(message: str, advice: str, url: str = "") -> Finding:
    """Return a finding that should be looked at."""
    return Finding(Level.WARNING, message, advice, url)


def error(message: str, advice: str, url: str = "") -> Finding:
    """Return a finding that keeps the site from doing its work, or that risks data."""
    return Finding(Level.ERROR, message, advice, url)
