"""Tables of a report, and the registry in which apps above add their own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.formats import number_format

from analytics.reports.scope import Scope

MAX_ROWS = 50


class Row(NamedTuple):
    """A line of a table: its name, where it leads in the admin or on the site, and the values."""

    name: str
    url: str
    values: tuple[object, ...]

    @property
    def cells(self) -> list[str]:
        """The values as text, whole numbers with separators. Filters in the template cost more than all queries."""
        return [
            number_format(value, 0, force_grouping=True) if isinstance(value, int) else str(value)
            for value in self.values
        ]


@dataclass(frozen=True)
class Table:
    """A table with a name in its first column."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    empty: str  # what is said instead of a table without rows
    note: str = ""


class Source(NamedTuple):
    """A table of a report. `build` returns None if it does not apply."""

    report: str
    key: str
    build: Callable[[Scope], Table | None]
    # Needed to see the table; empty for everyone who sees reports.
    permission: str
    # Whether `build` limits the table to the documents of the scope. Otherwise it needs the whole site.
    is_by_document: bool


_sources: list[Source] = []


def register(
    report: str,
    key: str,
    build: Callable[[Scope], Table | None],
    *,
    permission: str = "",
    is_by_document: bool = False,
) -> None:
    """Add a table to a report. Call this in `AppConfig.ready`."""
    _sources.append(Source(report, key, build, permission, is_by_document))


def tables_of(report: str, scope: Scope, only: str = "") -> Iterator[tuple[str, Table]]:
    """Yield the tables of a report that the reader may see, each with its key; only the one with the key `only`."""
    for source in _sources:
        if source.report != report or only not in {"", source.key}:
            continue
        if not (scope.is_whole_site or source.is_by_document):
            continue
        if source.permission and not scope.user.has_perm(source.permission):
            continue
        table = source.build(scope)
        if table is not None:
            yield source.key, table
