"""Texts that raise an error when they are rendered. They are left out, and named on the dashboard."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, models, transaction
from django.utils import timezone

log = logging.getLogger(__name__)

# Feeds and other places render a text again within hours. An older problem was solved, such as in a snippet.
MAX_AGE = timedelta(days=1)


class RenderingProblemQuerySet(models.QuerySet["RenderingProblem"]):
    """Problems that may still exist."""

    def recent(self) -> Self:
        """Filter by those of the last day."""
        return self.filter(failed_at__gte=timezone.now() - MAX_AGE)


class RenderingProblem(models.Model):
    """A row whose text raised an error in one place, such as feeds, when it was last rendered there."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    row = GenericForeignKey("content_type", "object_id")
    place = models.CharField(max_length=40)
    error = models.CharField(max_length=100)
    failed_at = models.DateTimeField()

    objects = RenderingProblemQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=("content_type", "object_id", "place"), name="richtext_one_problem_per_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.error} in {self.place}"

    @property
    def is_solved(self) -> bool:
        """Whether the row was deleted, or saved since."""
        modified_at = getattr(self.row, "modified_at", None)
        return self.row is None or (modified_at is not None and modified_at > self.failed_at)


def render_each[Row: models.Model, Result](
    rows: Sequence[Row], place: str, render: Callable[[Sequence[Row]], Sequence[Result]], fallback: Result
) -> list[Result]:
    """Return what `render` returns for the rows. If it raises, render each row alone.

    Those that raise alone get the `fallback`, and a RenderingProblem. No text is the cause of a lost connection to the
    database or the storage, so that is raised.
    """

    def fail(row: Row, error: Exception) -> Result:
        record(type(row), row.pk, place, error)
        return fallback

    return call_each(rows, render, fail)


def render_one[Result](row: models.Model, place: str, render: Callable[[], Result], fallback: Result) -> Result:
    """Return what `render` returns for one row, or the `fallback` if it raises."""
    return render_each([row], place, lambda _: [render()], fallback)[0]


def read_or[Result](fallback: Result, read: Callable[[], Result]) -> Result:
    """Return what `read` returns for a text that no saved row has, or the `fallback` if it raises."""

    def fail(_: None, error: Exception) -> Result:
        log.error("A text cannot be read", exc_info=error)
        return fallback

    return call_each([None], lambda _: [read()], fail)[0]


def call_each[Item, Result](
    items: Sequence[Item], call: Callable[[Sequence[Item]], Sequence[Result]], fail: Callable[[Item, Exception], Result]
) -> list[Result]:
    """Return what `call` returns for the items. If it raises, call it for each one, and `fail` for those that raise."""
    try:
        return list(call(items))
    except (DatabaseError, ConnectionError):
        raise
    except Exception as error:
        if len(items) == 1:
            return [fail(items[0], error)]
    return [result for item in items for result in call_each([item], call, fail)]


def record(model: type[models.Model], pk: int | None, place: str, error: Exception) -> None:
    """Log that the text of a row raised an error, and name the row on the dashboard if it is saved."""
    log.error("The text of %s %s cannot be rendered for %s", model._meta.label, pk, place, exc_info=error)
    if pk is None:
        return
    problem = RenderingProblem(place=place, error=type(error).__name__[:100], failed_at=timezone.now())
    problem.content_type, problem.object_id = ContentType.objects.get_for_model(model), pk
    # A page is more important than this record.
    with suppress(DatabaseError), transaction.atomic():
        RenderingProblem.objects.bulk_create(
            [problem],
            update_conflicts=True,
            unique_fields=("content_type", "object_id", "place"),
            update_fields=("error", "failed_at"),
        )
