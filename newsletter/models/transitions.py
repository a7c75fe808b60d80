"""How a row gets from one state to another: by a table, and only from the state that the caller expects."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

type Table = Mapping[str, frozenset[str]]


class ForbiddenMoveError(ValueError):
    """A move that the table does not hold: a mistake in code, never in data."""


def move(rows: QuerySet[Any], table: Table, field: str, expected: str, to: str, **values: Any) -> int:
    """Bring those of `rows` whose `field` is `expected` to `to`, with `values`; how many. ForbiddenMoveError otherwise.

    One conditional UPDATE: of any number of processes that try the same move of a row, one finds it done by itself.
    """
    if to not in table[expected]:
        raise ForbiddenMoveError(f"{rows.model.__name__}: nothing leads from {expected!r} to {to!r}.")
    return rows.filter(**{field: expected}).update(**{field: to, **values})
