"""Numbers of posts by month, year and category, for the archives."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class MonthCount(NamedTuple):
    """A month with public posts and their number."""

    first_day: date
    post_count: int


class YearCount(NamedTuple):
    """A year with public posts and their number."""

    year: int
    post_count: int


@dataclass(frozen=True)
class ArchiveCounts:
    """Numbers of posts by month, newest first, and by category path. A category includes its subcategories."""

    months: list[MonthCount]
    categories: dict[str, int]

    @property
    def years(self) -> list[YearCount]:
        """The numbers of posts by year, newest first."""
        counts = Counter[int]()
        for month in self.months:
            counts[month.first_day.year] += month.post_count
        return [YearCount(year, count) for year, count in counts.items()]
