"""The abstract model of a counter per day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Self

from django.db import connection, models
from django.utils import timezone

from siteinfo.local_time import recent_zone


class DailyCountQuerySet[T: "DailyCount"](models.QuerySet[T]):
    """Increment counters and select days."""

    def increment(self, counter: str, **key: Any) -> None:
        """Add one to `counter` in today's row for `key`, which is created if it does not exist.

        `key` holds the attnames of the other columns of the unique constraint, such as `post_id`. One statement, so the
        count is exact under concurrency.
        """
        # Some count after the response, when no zone is current anymore.
        key["day"] = timezone.localdate(timezone=recent_zone())
        self._upsert(tuple(key), (counter,), [[*key.values(), 1]])

    def add_counts(self, key: Sequence[str], counts: Mapping[tuple[Any, ...], Mapping[str, int]]) -> None:
        """Add the numbers of many rows at once. The rows are named by the values of the columns `key`."""
        counters = sorted({name for numbers in counts.values() for name in numbers})
        rows = [[*values, *(numbers.get(name, 0) for name in counters)] for values, numbers in counts.items()]
        if rows:
            # In one order, so that two transactions cannot wait for each other.
            self._upsert(tuple(key), tuple(counters), sorted(rows, key=str))

    def _upsert(self, key: tuple[str, ...], counters: tuple[str, ...], rows: list[list[Any]]) -> None:
        sql = _upsert_sql(self.model, key, counters)
        with connection.cursor() as cursor:
            if len(rows) == 1:
                cursor.execute(sql, rows[0])
            else:
                cursor.executemany(sql, rows)

    def last_days(self, days: int) -> Self:
        """Return the counts of today and the days before it, `days` in total."""
        return self.filter(day__gt=timezone.localdate() - timedelta(days=days))

    def total(self, counter: str = "count") -> int:
        """Return the sum of `counter`."""
        return self.aggregate(total=models.Sum(counter, default=0))["total"]


class DailyCount(models.Model):
    """One row per day and whatever a subclass counts, such as the views of a post.

    Subclasses add the columns of the key, a unique constraint over them and `day`, and counters that default to 0. All
    other columns are counters.
    """

    day = models.DateField()

    class Meta:
        """Newest first."""

        abstract = True
        ordering = ("-day",)


@cache
def _upsert_sql(model: type[models.Model], key: tuple[str, ...], counters: tuple[str, ...]) -> str:
    """Return the statement that adds to counters. Cached, because building it costs more than running it."""
    quote = connection.ops.quote_name
    columns = {
        field.attname: quote(str(field.column)) for field in model._meta.concrete_fields if not field.primary_key
    }
    others = [name for name in columns if name not in {*key, *counters}]
    inserted = ", ".join(columns[name] for name in (*key, *counters, *others))
    values = ", ".join(["%s"] * (len(key) + len(counters)) + ["0"] * len(others))
    unique = ", ".join(columns[name] for name in key)
    table = quote(model._meta.db_table)
    added = ", ".join(f"{columns[name]} = {table}.{columns[name]} + excluded.{columns[name]}" for name in counters)
    # Only names of our own models, never user input.
    return f"INSERT INTO {table} ({inserted}) VALUES ({values}) ON CONFLICT ({unique}) DO UPDATE SET {added}"  # noqa: S608
