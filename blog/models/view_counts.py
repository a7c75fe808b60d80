"""Post views by day, counted without cookies and without storing anything about visitors."""

from collections.abc import Iterable

from django.db import models
from django.db.models import Sum

from analytics.models import DailyCount, DailyCountQuerySet

POPULAR_DAYS = 90
_MAX_POPULAR = 50


class PostViewCountQuerySet(DailyCountQuerySet["PostViewCount"]):
    """Sums of views."""

    def most_viewed(self) -> dict[int, int]:
        """Return the views of the most viewed posts of the last POPULAR_DAYS days, public or not, by primary key."""
        totals = self.last_days(POPULAR_DAYS).order_by().values("post").annotate(total=Sum("count"))
        return dict(totals.order_by("-total", "-post").values_list("post", "total")[:_MAX_POPULAR])

    def for_posts(self, pks: Iterable[int], days: int) -> dict[int, int]:
        """Return the views of each of the posts `pks` in the last `days` days."""
        rows = self.last_days(days).filter(post__in=list(pks)).order_by().values("post")
        return dict(rows.annotate(total=Sum("count")).values_list("post", "total"))


class PostViewCount(DailyCount):
    """The views of a post on a day."""

    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="view_counts")
    count = models.PositiveIntegerField(default=0)

    objects = PostViewCountQuerySet.as_manager()

    class Meta:
        """One row per post and day."""

        constraints = [models.UniqueConstraint("post", "day", name="blog_postviewcount_unique")]
        indexes = [models.Index(fields=("day", "post", "count"), name="blog_postviewcount_recent")]

    def __str__(self) -> str:
        return f"{self.post}, {self.day}: {self.count}"


def count_view(post_pk: int) -> None:
    """Count one view of the existing post `post_pk` today, exactly even under concurrency."""
    PostViewCount.objects.increment("count", post_id=post_pk)
