"""Guides in several parts, each a post of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.db import models
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from images.models import Image
from redirects import services
from richtext.references import ReferenceSource

if TYPE_CHECKING:
    from blog.models import Post, PostQuerySet


class Series(ReferenceSource):
    """A guide whose parts are posts, read in order."""

    reference_fields = ("image",)

    title = models.CharField(max_length=200, help_text="As readers see it, such as “Back to running in six weeks”.")
    slug = models.SlugField(
        "address",
        max_length=200,
        unique=True,
        allow_unicode=True,
        help_text="The last part of the series' address. Made from the title.",
    )
    description = models.TextField(
        blank=True, help_text="One or two sentences at the top of its page: who it is for, what it leads to."
    )
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="series",
        verbose_name="picture",
        help_text="Shown when somebody shares the series.",
    )

    class Meta:
        ordering = ("title",)
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("blog:series", args=[self.slug])

    def save(self, **kwargs: Any) -> None:
        """Save it; readers of a former address are led to the new one."""
        with services.track_path_change(self):
            super().save(**kwargs)

    def parts(self) -> PostQuerySet:
        """Its public posts in their order: by number, those without one last."""
        return in_order(_posts().published().filter(series=self))


class Place(NamedTuple):
    """Where a post stands in its series, counting the parts that readers can open."""

    series: Series
    number: int
    total: int
    previous: Post | None
    next: Post | None


def in_order(posts: PostQuerySet) -> PostQuerySet:
    """`posts` of a series, ordered for reading."""
    return posts.order_by(F("series_position").asc(nulls_last=True), "published_at", "pk")


def place_of(post: Post, others: Iterable[Post]) -> Place | None:
    """The place of `post` among its series' public parts, which are `others`; None without a series. No query."""
    if post.series is None:
        return None
    parts = sorted([*others, post], key=_reading_order)
    at = parts.index(post)
    return Place(
        series=post.series,
        number=at + 1,
        total=len(parts),
        previous=parts[at - 1] if at else None,
        next=parts[at + 1] if at + 1 < len(parts) else None,
    )


def _reading_order(post: Post) -> tuple[bool, int, datetime, int]:
    """As `in_order()` sorts rows; a part without a time yet comes as if it were published now."""
    number, time = post.series_position, post.published_at or timezone.now()
    return (number is None, number or 0, time, post.pk or 0)


def _posts() -> PostQuerySet:
    return apps.get_model("blog", "Post").objects.all()
