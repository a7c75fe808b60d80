"""The blog's part of the map for search engines: public addresses only."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Count, Max, QuerySet
from django.urls import reverse

from accounts.models import Author
from blog.models import Category, Post, PostQuerySet, Series, Tag, path_with_ancestors
from blog.seo import POSTS_OF_A_FULL_TAG
from images.models import Image
from images.renditions import full_image_url
from richtext.references import Reference
from siteinfo.urls import absolute_url


class _OwnSitemap(Sitemap):
    limit = 1000
    protocol = urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class FrontSitemap(_OwnSitemap):
    """The pages that always exist, each with the time of its last change if that is known."""

    def items(self) -> list[tuple[str, datetime | None]]:
        return [(reverse("home"), None), (reverse("blog:post_list"), None)]

    def location(self, item: tuple[str, datetime | None]) -> str:
        return item[0]

    def lastmod(self, item: tuple[str, datetime | None]) -> datetime | None:
        return item[1]


class PostSitemap(_OwnSitemap):
    """Every public post that search engines should show, with the time of its last change and its pictures.

    Pictures: https://developers.google.com/search/docs/crawling-indexing/sitemaps/image-sitemaps
    """

    def items(self) -> QuerySet[Post]:
        return _findable().newest_first().only("slug", "modified_at", "featured_image")

    def get_urls(self, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        """As Django's, each also with the URLs of its `images`."""
        urls = super().get_urls(*args, **kwargs)
        images = _images_of([url["item"] for url in urls])
        return [url | {"images": images[url["item"].pk]} for url in urls]

    def lastmod(self, item: Post) -> datetime:
        return item.modified_at

    def get_latest_lastmod(self) -> datetime | None:
        """For the map of maps: asked of the database instead of walking all posts."""
        return _findable().aggregate(latest=Max("modified_at"))["latest"]


def _findable() -> PostQuerySet:
    return Post.objects.published().filter(hides_from_search=False, canonical_url="")


def _images_of(posts: list[Post]) -> dict[int, list[str]]:
    """Return the image URLs of each post by its primary key, its featured image first. Two queries."""
    images: dict[int, dict[int, None]] = {}
    for post in posts:
        images[post.pk] = dict.fromkeys([post.featured_image_id] if post.featured_image_id else [])
    references = Reference.objects.from_model(Post).to_model(Image).filter(source_id__in=images)
    for post_id, image_id in references.order_by("target_id").values_list("source_id", "target_id"):
        if image_id is not None:
            images[post_id].setdefault(image_id)
    rows = Image.objects.in_bulk({image_id for found in images.values() for image_id in found})
    urls = {image_id: absolute_url(full_image_url(image)) for image_id, image in rows.items()}
    return {post_id: [urls[image_id] for image_id in found if image_id in urls] for post_id, found in images.items()}


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
            newest |= {each: max(newest.get(each, newest_at), newest_at) for each in path_with_ancestors(path)}
        return sorted(newest.items())

    def location(self, item: tuple[str, datetime]) -> str:
        return reverse("blog:category", args=[item[0].strip("/")])

    def lastmod(self, item: tuple[str, datetime]) -> datetime:
        return item[1]


class TagSitemap(_ListSitemap):
    """Keywords with more than one post."""

    def items(self) -> QuerySet[Tag]:
        tags = _with_posts(Tag.objects.all(), "tagged_posts__content_object")
        return tags.annotate(post_count=Count("tagged_posts")).filter(post_count__gte=POSTS_OF_A_FULL_TAG)


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
