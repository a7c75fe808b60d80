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
    try:
        return list(render(rows))
    except (DatabaseError, ConnectionError):
        raise
    except Exception as error:
        if len(rows) == 1:
            _record(rows[0], place, error)
            return [fallback]
    return [result for row in rows for result in render_each([row], place, render, fallback)]


def _record(row: models.Model, place: str, error: Exception) -> None:
    log.error("The text of %s %s cannot be rendered for %s", row._meta.label, row.pk, place, exc_info=error)
    problem = RenderingProblem(place=place, error=type(error).__name__[:100], failed_at=timezone.now())
    problem.content_type, problem.object_id = ContentType.objects.get_for_model(row), row.pk
    # A page is more important than this record.
    with suppress(DatabaseError), transaction.atomic():
        RenderingProblem.objects.bulk_create(
            [problem],
            update_conflicts=True,
            unique_fields=("content_type", "object_id", "place"),
            update_fields=("error", "failed_at"),
        )
