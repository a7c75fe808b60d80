"""How often a link was followed: by link, post and day. Nothing about who did."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Sum
from django.utils import timezone

from public_forms.counting import add_one


class ClickCountQuerySet(models.QuerySet["ClickCount"]):
    """Counting, and adding up."""

    def add(self, link: int, post: int) -> None:
        """One more click today on `link`, which exists, from `post` or (0) from elsewhere. Exact however many come."""
        add_one(ClickCount, "count", link_id=link, post=post, day=timezone.localdate())

    def of_last(self, days: int) -> Self:
        """Those of today and the days before it, `days` in all."""
        return self.filter(day__gt=timezone.localdate() - timedelta(days=days))

    def total(self) -> int:
        """All of them together."""
        return self.aggregate(total=Sum("count", default=0))["total"]


class ClickCount(models.Model):
    """How often a link was followed on a day from a post; 0 stands for everywhere else.

    The post's key alone: what was earned is not forgotten with a post.
    """

    link = models.ForeignKey("affiliates.Link", on_delete=models.CASCADE, related_name="clicks")
    post = models.PositiveBigIntegerField(default=0)
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    objects = ClickCountQuerySet.as_manager()

    class Meta:
        ordering = ("-day", "-count")
        constraints = [models.UniqueConstraint("link", "post", "day", name="affiliates_clickcount_one_a_day")]
        indexes = [models.Index(fields=("day", "link"), name="affiliates_clickcount_recent")]

    def __str__(self) -> str:
        return f"{self.link}, {self.day}: {self.count}"
