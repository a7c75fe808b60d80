"""The abstract model of a counter per day."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, Self

from django.db import connection, models
from django.utils import timezone


class DailyCountQuerySet[T: "DailyCount"](models.QuerySet[T]):
    """Increment counters and select days."""

    def increment(self, counter: str, **key: Any) -> None:
        """Add one to `counter` in today's row for `key`, which is created if it does not exist.

        `key` holds the attnames of the other columns of the unique constraint, such as `post_id`. One statement, so the
        count is exact under concurrency.
        """
        key["day"] = timezone.localdate()
        with connection.cursor() as cursor:
            cursor.execute(_upsert_sql(self.model, counter, tuple(key)), list(key.values()))

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
def _upsert_sql(model: type[models.Model], counter: str, key: tuple[str, ...]) -> str:
    """Return the statement of `increment`. Cached, because building it costs more than running it."""
    quote = connection.ops.quote_name
    columns = {
        field.attname: quote(str(field.column)) for field in model._meta.concrete_fields if not field.primary_key
    }
    counters = [name for name in columns if name not in key]
    values = ["%s"] * len(key) + [str(int(name == counter)) for name in counters]
    inserted = ", ".join(columns[name] for name in (*key, *counters))
    unique = ", ".join(columns[name] for name in key)
    table, column = quote(model._meta.db_table), columns[counter]
    # Only names of our own models, never user input.
    insert = f"INSERT INTO {table} ({inserted}) VALUES ({', '.join(values)})"  # noqa: S608
    return f"{insert} ON CONFLICT ({unique}) DO UPDATE SET {column} = {table}.{column} + 1"
