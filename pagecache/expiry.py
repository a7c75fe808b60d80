"""When cached content expires without a write: midnight, scheduled changes, and after MAX_AGE."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

# Functions that return when content built at the given time expires, or None; apps add theirs in `AppConfig.ready`.
_sources: list[Callable[[datetime], datetime | None]] = []
# Limits how stale derived figures such as popular posts can get.
MAX_AGE = timedelta(minutes=10)


class _Schedule:
    """Remembers the first scheduled change, which only moves when it has happened or the site has changed."""

    def __init__(self) -> None:
        self._known: tuple[str, datetime, datetime | None] | None = None

    def next_change(self, after: datetime, version: str) -> datetime | None:
        """Return the first scheduled change after `after`, while `version` of the site is current."""
        if self._known is not None:
            known_version, asked_at, change = self._known
            if known_version == version and asked_at <= after and (change is None or after < change):
                return change
        change = min((moment for source in _sources if (moment := source(after))), default=None)
        self._known = version, after, change
        return change

    def clear(self) -> None:
        """Clear the change."""
        self._known = None


schedule = _Schedule()


def register_expiry(source: Callable[[datetime], datetime | None]) -> None:
    """Let `source` expire cached content at a time known in advance, such as the next scheduled post."""
    _sources.append(source)


def expires_at(started_at: datetime, version: str) -> datetime:
    """Return when content built since `started_at`, with the site at `version`, expires.

    This may already be in the past.
    """
    midnight = timezone.localtime(started_at).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    change = schedule.next_change(started_at, version)
    return min(started_at + MAX_AGE, midnight, *([change] if change else []))
