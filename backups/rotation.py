"""Names of archives, and which of them are no longer needed."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_NAME = re.compile(r"ptcomplete-(\d{8}T\d{6}Z)\.tar\.age")
_TIME = "%Y%m%dT%H%M%SZ"
# A backup that an upgrade made must outlive the next daily one, because the release before can restore only the former.
KEEP_ALL = timedelta(days=2)


class Keep(NamedTuple):
    """The number of days, weeks and months for which the last archive of each is kept."""

    daily: int
    weekly: int
    monthly: int


def archive_name(moment: datetime) -> str:
    """Return the name of an archive started at `moment`."""
    return f"ptcomplete-{moment.astimezone(UTC).strftime(_TIME)}.tar.age"


def archive_time(name: str) -> datetime | None:
    """Return when an archive was started; None if `name` is not an archive name."""
    match = _NAME.fullmatch(name)
    return datetime.strptime(match[1], _TIME).replace(tzinfo=UTC) if match else None


def newest_first(names: Iterable[str]) -> list[str]:
    """Return the names of archives among `names`, newest first."""
    return sorted((name for name in names if archive_time(name)), reverse=True)


def expired(names: Iterable[str], keep: Keep) -> list[str]:
    """Return the archives to delete. Other files and the archives of the last two days are never among them."""
    archives = {name: moment for name in newest_first(names) if (moment := archive_time(name))}
    periods: tuple[tuple[Callable[[datetime], object], int], ...] = (
        (lambda moment: moment.date(), keep.daily),
        (lambda moment: moment.isocalendar()[:2], keep.weekly),
        (lambda moment: (moment.year, moment.month), keep.monthly),
    )
    newest = max(archives.values(), default=None)
    remaining = {name for name, moment in archives.items() if newest and moment > newest - KEEP_ALL}
    for period, count in periods:
        last_of_each: dict[object, str] = {}
        for name, moment in archives.items():
            last_of_each.setdefault(period(moment), name)
        remaining.update(list(last_of_each.values())[:count])
    return [name for name in archives if name not in remaining]
