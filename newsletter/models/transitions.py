"""Guarded status changes for subscribers, campaigns and deliveries."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

type TransitionTable = Mapping[str, frozenset[str]]


class InvalidTransition(ValueError):  # noqa: N818
    """Raised for a status change that the model's transition table does not allow."""


def transition(rows: QuerySet[Any], table: TransitionTable, field: str, expected: str, to: str, **values: Any) -> int:
    """Change `field` from `expected` to `to` on `rows`, set `values`, and return the number of changed rows.

    Raises InvalidTransition if `table` does not allow the change. It is a single conditional UPDATE, so when several
    processes attempt the same change to a row, exactly one succeeds.
    """
    if to not in table[expected]:
        raise InvalidTransition(f"{rows.model.__name__} cannot change from {expected!r} to {to!r}.")
    return rows.filter(**{field: expected}).update(**{field: to, **values})
