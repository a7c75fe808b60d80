"""The blog's sitemaps. They list public URLs only."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sitemaps import Sitemap
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Author
from blog.models import Category, Post, PostQuerySet, Series, Tag, path_with_ancestors
from blog.ordered_posts import OrderedPosts
from blog.seo import MIN_POSTS_OF_INDEXED_TAG
from blog.visibility import public_entries
from evidence.models import Source, Term
from exercises.models import BodyRegion, Condition, Exercise, ExerciseQuerySet, FinderEntry, Goal
from images.models import Image
from images.renditions import full_image_url
from publishing.review_queue import public_reviewers
from richtext.references import Reference
from siteinfo.urls import absolute_url


class SiteSitemap(Sitemap):
    """A sitemap with URLs under SITE_URL, in parts that take little time and memory."""

    limit = 200
    protocol = urlsplit(settings.SITE_URL).scheme

    def __init__(self, request: HttpRequest) -> None:
        """Answer `request`."""
        self.request = request

    def get_domain(self, site: Any = None) -> str:
        """Return the domain of SITE_URL."""
        return urlsplit(settings.SITE_URL).netloc


class StaticViewSitemap(SiteSitemap):
    """The pages that always exist, each with the time of its last change if that is known."""

    def items(self) -> list[tuple[str, datetime | None]]:
        """Return paths and times."""
        references = [(reverse("evidence:reference_list"), None)] if Source.objects.exists() else []
        exercises = [(reverse("exercises:exercise_list"), None)] if Exercise.objects.published().exists() else []
        glossary = [(reverse("evidence:glossary"), None)] if Term.objects.exists() else []
        return [(reverse("home"), None), (reverse("blog:post_list"), None), *references, *glossary, *exercises]

    def location(self, item: tuple[str, datetime | None]) -> str:
        """Return the path."""
        return item[0]

    def lastmod(self, item: tuple[str, datetime | None]) -> datetime | None:
        """Return the time of the last change."""
        return item[1]


class PostSitemap(SiteSitemap):
    """Every post that search engines should show, with its images.

    Images: https://developers.google.com/search/docs/crawling-indexing/sitemaps/image-sitemaps
    """

    def items(self) -> Any:
        """Return the posts, the oldest first, so that a new one changes only the last part."""
        columns = ("slug", "published_at", "updated_on", "featured_image", "status", "trashed_at")
        posts = _indexed_posts().order_by("published_at", "pk")
        return OrderedPosts(self.request, posts, "sitemap", loaded=Post.objects.only(*columns))

    def get_urls(self, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        """Add the URLs of the `images` to Django's entries."""
        urls = super().get_urls(*args, **kwargs)
        images = _image_urls([url["item"] for url in urls])
        return [url | {"images": images[url["item"].pk]} for url in urls]

    def lastmod(self, item: Post) -> datetime | None:
        """Return the time of the last change in substance. Small corrections are no reason to read the post again."""
        return item.last_changed_at

    def get_latest_lastmod(self) -> datetime | None:
        """Return the time of the last change of any post, in one query instead of reading all posts."""
        latest = _indexed_posts().aggregate(Max("published_at"), Max("updated_on"))
        return Post(published_at=latest["published_at__max"], updated_on=latest["updated_on__max"]).last_changed_at


def _indexed_posts() -> PostQuerySet:
    return Post.objects.published().filter(hides_from_search=False, canonical_url="")


def _image_urls(posts: list[Post]) -> dict[int, list[str]]:
    """Return the URLs of the images of each post by its primary key, the featured image first."""
    image_pks = {post.pk: [post.featured_image_id] if post.featured_image_id else [] for post in posts}
    # All that they refer to: filtered by the kind of target, SQLite reads the images of all posts.
    rows = Reference.objects.from_model(Post).filter(source_id__in=image_pks).order_by("source_id", "target_id")
    image_type = ContentType.objects.get_for_model(Image).pk
    for post_pk, target_type, image_pk in rows.values_list("source_id", "target_type", "target_id"):
        if target_type == image_type and image_pk is not None and image_pk not in image_pks[post_pk]:
            image_pks[post_pk].append(image_pk)
    images = Image.objects.with_file().in_bulk({pk for pks in image_pks.values() for pk in pks})
    urls = {pk: absolute_url(full_image_url(image)) for pk, image in images.items()}
    return {post_pk: [urls[pk] for pk in pks if pk in urls] for post_pk, pks in image_pks.items()}


class PostListSitemap(SiteSitemap):
    """Lists with at least one public post, with the time of the newest one."""

    def lastmod(self, item: Any) -> datetime | None:
        """Return the time of the newest post."""
        newest_at: datetime | None = item.newest_at
        return newest_at

    def get_latest_lastmod(self) -> None:
        """Return None: the sitemap index would have to read every list."""


def _with_newest_post(queryset: QuerySet[Any], lookup: str) -> QuerySet[Any]:
    with_posts = queryset.filter(**{f"{lookup}__in": Post.objects.published()})
    return with_posts.annotate(newest_at=Max(f"{lookup}__published_at")).order_by("pk")


class CategorySitemap(PostListSitemap):
    """Categories, which include the posts of their subcategories."""

    def items(self) -> list[tuple[str, datetime]]:
        """Return paths and times, sorted by path."""
        newest: dict[str, datetime] = {}
        categories: Iterable[tuple[str, datetime]] = _with_newest_post(Category.objects.all(), "posts").values_list(
            "path", "newest_at"
        )
        for path, newest_at in categories:
            for ancestor in path_with_ancestors(path):
                newest[ancestor] = max(newest.get(ancestor, newest_at), newest_at)
        return sorted(newest.items())

    def location(self, item: tuple[str, datetime]) -> str:
        """Return the URL of the category."""
        return reverse("blog:category", args=[item[0].strip("/")])

    def lastmod(self, item: tuple[str, datetime]) -> datetime:
        """Return the time of the newest post."""
        return item[1]


class TagSitemap(PostListSitemap):
    """Tags with more than one post."""

    def items(self) -> QuerySet[Tag]:
        """Return the tags."""
        tags = _with_newest_post(Tag.objects.all(), "tagged_posts__content_object")
        return tags.annotate(post_count=Count("tagged_posts")).filter(post_count__gte=MIN_POSTS_OF_INDEXED_TAG)


class SeriesSitemap(PostListSitemap):
    """Series with public parts."""

    def items(self) -> QuerySet[Series]:
        """Return the series."""
        return _with_newest_post(Series.objects.all(), "posts")


class AuthorSitemap(PostListSitemap):
    """Authors with public posts, and reviewers of public texts."""

    def items(self) -> QuerySet[Author]:
        """Return the people, with the time of their newest post if they have one."""
        is_public = Q(posts__in=Post.objects.published())
        authors = Author.objects.annotate(newest_at=Max("posts__published_at", filter=is_public))
        is_listed = Q(newest_at__isnull=False) | Q(pk__in=public_reviewers().order_by().values("pk"))
        return authors.filter(is_listed).order_by("pk")


class ExerciseSitemap(SiteSitemap):
    """The exercises."""

    def items(self) -> ExerciseQuerySet:
        """Return the exercises that visitors see."""
        return Exercise.objects.published().only("slug", "modified_at").order_by("pk")

    def lastmod(self, item: Exercise) -> datetime:
        """Return the time of the last change."""
        return item.modified_at


class FinderSitemap(SiteSitemap):
    """“Where does it hurt?” and its body regions, conditions and goals."""

    def items(self) -> list[str]:
        """Return the paths."""
        models: tuple[type[FinderEntry], ...] = (BodyRegion, Condition, Goal)
        paths = [entry.get_absolute_url() for model in models for entry in public_entries(model).only("slug")]
        is_shown = public_entries(BodyRegion).exists()
        return [reverse("blog:where_does_it_hurt"), *paths] if is_shown else paths

    def location(self, item: str) -> str:
        """Return the path."""
        return item


SITEMAPS: dict[str, type[SiteSitemap]] = {
    "pages": StaticViewSitemap,
    "posts": PostSitemap,
    "categories": CategorySitemap,
    "tags": TagSitemap,
    "series": SeriesSitemap,
    "authors": AuthorSitemap,
    "exercises": ExerciseSitemap,
    "finder": FinderSitemap,
}
