"""What is read: a number for each post and day. No cookie, no address, no name is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import models
from django.db.models import QuerySet, Sum
from django.utils import timezone

from public_forms.counting import add_one

POPULAR_FOR = 90


class ReadCountQuerySet(models.QuerySet["PostViewCount"]):
    """Counts of the last days."""

    def of_last(self, days: int) -> ReadCountQuerySet:
        """Those of today and the days before it, `days` in all."""
        return self.filter(day__gt=timezone.localdate() - timedelta(days=days))

    def most_read(self) -> QuerySet[PostViewCount, int]:
        """The keys of the fifty posts most read in 90 days, also of those that are not public any more."""
        totals = self.of_last(POPULAR_FOR).order_by().values("post").annotate(total=Sum("count"))
        return totals.order_by("-total", "-post").values_list("post", flat=True)[:50]

    def for_posts(self, keys: Iterable[int], days: int) -> dict[int, int]:
        """How often each of the posts `keys` was read in the last `days` days. One query."""
        totals = self.of_last(days).filter(post__in=list(keys)).order_by().values("post").annotate(total=Sum("count"))
        return dict(totals.values_list("post", "total"))


class PostViewCount(models.Model):
    """How often a post was read on a day of the site's calendar."""

    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="view_counts")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    objects = ReadCountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("post", "day", name="blog_postviewcount_unique")]
        indexes = [models.Index(fields=("day", "post", "count"), name="blog_postviewcount_recent")]

    def __str__(self) -> str:
        return f"{self.post}, {self.day}: {self.count}"


def count_view(key: int) -> None:
    """One read more, today, of the post `key`, which exists. Exact however many come at once."""
    add_one(PostViewCount, "count", post_id=key, day=timezone.localdate())
