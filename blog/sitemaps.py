"""The blog's part of the map for search engines: public addresses only."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Max, QuerySet
from django.urls import reverse

from accounts.models import Author
from blog.models import Category, Post, Series, Tag, line_of


class _OwnSitemap(Sitemap):
    limit = 1000
    protocol = urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class FrontSitemap(_OwnSitemap):
    """The pages that always exist."""

    def items(self) -> list[str]:
        return [reverse("home"), reverse("blog:post_list")]

    def location(self, item: str) -> str:
        return item


class PostSitemap(_OwnSitemap):
    """Every public post, with the time of its last change."""

    def items(self) -> QuerySet[Post]:
        return Post.objects.published().newest_first().only("slug", "modified_at")

    def lastmod(self, item: Post) -> datetime:
        return item.modified_at

    def get_latest_lastmod(self) -> datetime | None:
        """For the map of maps: asked of the database instead of walking all posts."""
        return Post.objects.published().aggregate(latest=Max("modified_at"))["latest"]


class _ListSitemap(_OwnSitemap):
    """Lists that hold at least one public post, with the time of their newest one."""

    def lastmod(self, item: Any) -> datetime:
        return item.newest_at

    def get_latest_lastmod(self) -> None:
        """None for the map of maps: it would walk every list to no use."""


def _with_posts(queryset: QuerySet[Any], lookup: str) -> QuerySet[Any]:
    public = Post.objects.published()
    kept = queryset.filter(**{f"{lookup}__in": public}).annotate(newest_at=Max(f"{lookup}__published_at"))
    return kept.order_by("pk")


class CategorySitemap(_ListSitemap):
    """A category also holds what is in those below it."""

    def items(self) -> list[tuple[str, datetime]]:
        newest: dict[str, datetime] = {}
        for path, newest_at in _with_posts(Category.objects.all(), "posts").values_list("path", "newest_at"):
            newest |= {each: max(newest.get(each, newest_at), newest_at) for each in line_of(path)}
        return sorted(newest.items())

    def location(self, item: tuple[str, datetime]) -> str:
        return reverse("blog:category", args=[item[0].strip("/")])

    def lastmod(self, item: tuple[str, datetime]) -> datetime:
        return item[1]


class TagSitemap(_ListSitemap):
    def items(self) -> QuerySet[Tag]:
        return _with_posts(Tag.objects.all(), "tagged_posts__content_object")


class SeriesSitemap(_ListSitemap):
    def items(self) -> QuerySet[Series]:
        return _with_posts(Series.objects.all(), "posts")


class AuthorSitemap(_ListSitemap):
    def items(self) -> QuerySet[Author]:
        return _with_posts(Author.objects.all(), "posts")


SITEMAPS: dict[str, type[Sitemap]] = {
    "pages": FrontSitemap,
    "posts": PostSitemap,
    "categories": CategorySitemap,
    "tags": TagSitemap,
    "series": SeriesSitemap,
    "authors": AuthorSitemap,
}
