"""Turn the dates of an export into UTC. The format does not say the site's time zone."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


class Offsets:
    """The UTC offset of the site for each month, derived from its dates, or that of a known time zone."""

    def __init__(self, seen: Counter[tuple[int, timedelta]], zone: ZoneInfo | None = None) -> None:
        self.seen = seen
        self._zone = zone
        self._by_month: defaultdict[int, Counter[timedelta]] = defaultdict(Counter)
        for (month, offset), count in seen.items():
            self._by_month[month][offset] += count
            self._by_month[0][offset] += count

    def at(self, local: datetime) -> timedelta:
        """Return the offset at a local time."""
        if self._zone is not None:
            return local.replace(tzinfo=self._zone).utcoffset() or timedelta(0)
        best = (self._by_month.get(local.month) or self._by_month[0]).most_common(1)
        return best[0][0] if best else timedelta(0)

    def utc(self, gmt: str, local: str) -> datetime | None:
        """Return the moment of an item, from its time in UTC or else from its local time."""
        moment = parse_moment(gmt)
        if moment is None and (there := parse_moment(local)) and there.year > 1:
            moment = there - self.at(there)
        return moment.replace(tzinfo=UTC) if moment else None

    def names(self) -> list[str]:
        """Return the offsets that the dates show, the most frequent first, such as "UTC−05:00"."""
        totals: Counter[timedelta] = Counter()
        for (_, offset), count in self.seen.items():
            totals[offset] += count
        return [_name(offset) for offset, _ in totals.most_common()]


def parse_moment(text: str | None) -> datetime | None:
    """Parse a naive datetime. Return None for an invalid one, such as 0000-00-00 for unpublished items."""
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None


def is_offset(offset: timedelta) -> bool:
    """Return whether the difference between a local time and UTC can be that of a time zone."""
    return abs(offset) <= timedelta(hours=14) and not offset % timedelta(minutes=15)


def _name(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    return f"UTC{'−' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
