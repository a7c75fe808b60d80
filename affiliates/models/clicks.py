"""Clicks on affiliate links by link, post and day, without storing anything about visitors."""

from django.db import models

from affiliates.models.links import Link
from analytics.models import DailyCount, DailyCountQuerySet


class ClickCountQuerySet(DailyCountQuerySet["ClickCount"]):
    """Count clicks."""

    def add(self, link_pk: int, post_pk: int) -> None:
        """Count one click today on an existing link, in the post `post_pk` or (0) elsewhere."""
        self.increment("count", link_id=link_pk, post=post_pk)


class ClickCount(DailyCount):
    """The clicks on a link on a day, in a post or elsewhere.

    `post` holds a primary key and is not a foreign key: clicks outlive the post, like the earnings joined to them.
    """

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="clicks")
    post = models.PositiveBigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)

    objects = ClickCountQuerySet.as_manager()

    class Meta:
        """One row per link, post and day."""

        ordering = ("-day", "-count")
        constraints = [models.UniqueConstraint("link", "post", "day", name="affiliates_clickcount_one_a_day")]
        indexes = [models.Index(fields=("day", "link"), name="affiliates_clickcount_recent")]

    def __str__(self) -> str:
        """Return the link, day and clicks."""
        return f"{self.link}, {self.day}: {self.count}"
