"""Posts. `PostQuerySet.published()` decides what visitors may see; every public list starts from it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone
from taggit.managers import TaggableManager

from accounts.models import Author
from blog.models.archive_counts import ArchiveCounts, MonthCount
from blog.models.gifts import GIFT_FIELDS, GivesGift
from blog.models.series import Series
from blog.models.snippets import PostTemplate
from blog.models.tag_names import FoldingTaggableManager
from blog.models.taxonomy import Category, path_with_ancestors
from blog.models.view_counts import PostViewCount
from blog.related_posts import Candidate, extract_keywords, rank_by_similarity, rank_related, similarity
from exercises.models import FinderContent
from images.models import Image
from pagecache.invalidation import invalidate_only
from plaintext.slugs import UnicodeSlugField, unused_slug
from publishing.document_paths import is_site_path, validate_path_is_free
from publishing.models import Document, DocumentQuerySet
from redirects import services
from richtext.analysis import Analysis

RELATED_COUNT = 3
# Related posts are chosen among the newest of the same category and of the site, so the cost does not grow.
CANDIDATES_IN_CATEGORY = 200
CANDIDATES_ON_SITE = 50
# Not shown in lists. In the database they come last, because SQLite reads a row from its front; it also moves foreign
# keys to the same table, and columns added later, behind all other columns.
_RELATED = ("related_first", "related_second", "related_third")
LARGE_FIELDS = ("headings", "body", *_RELATED, "origin", "responsible", *GIFT_FIELDS)

_NEWEST_FIRST = ("-published_at", "-id")


def _list_index(name: str, *fields: str) -> models.Index:
    """Return an index of the posts outside the trash.

    As the first of the fields, `trashed_at` would make PostgreSQL sort all posts: IS NULL fixes no value for it.
    Without it, SQLite would look up each post that it counts.
    """
    return models.Index(fields=(*fields, "trashed_at"), condition=Q(trashed_at__isnull=True), name=f"blog_post_{name}")


class SeriesPart(NamedTuple):
    """The position of a post among the public parts of its series."""

    number: int
    total: int
    previous: "Post | None"
    next: "Post | None"


class LinkedPosts(NamedTuple):
    """The posts that the page of a post links to: related ones, and those published just before and after it."""

    related: "list[Post]"
    previous: "Post | None"
    next: "Post | None"


class PostQuerySet(DocumentQuerySet["Post"]):
    """Posts for lists, besides what every document has."""

    def for_cards(self) -> "PostQuerySet":
        """Load what a card or list entry shows."""
        return self.select_related("featured_image", "primary_category", "author").defer(*LARGE_FIELDS)

    def in_category(self, category: Category) -> "PostQuerySet":
        """Filter by `category` and its subcategories. Each post is returned once."""
        in_branch = Post.categories.through.objects.filter(category__path__startswith=category.path)
        return self.filter(pk__in=in_branch.values("post"))

    def in_month(self, first_day: date) -> "PostQuerySet":
        """Filter by the month that starts on `first_day`, in the site's time zone."""
        return self.filter(month=first_day)

    def in_year(self, year: int) -> "PostQuerySet":
        """Filter by year, in the site's time zone."""
        return self.filter(month__year=year)

    def in_series_order(self) -> "PostQuerySet":
        """Order the parts of a series: by number, those without a number last."""
        return self.order_by(F("series_position").asc(nulls_last=True), "published_at", "pk")

    def before(self, post: "Post") -> "PostQuerySet":
        """Return the posts published before `post`, the nearest first."""
        is_before = Q(published_at__lt=post.published_at) | Q(published_at=post.published_at, pk__lt=post.pk)
        # The redundant condition lets the database start at this post in the index.
        return self.filter(is_before, published_at__lte=post.published_at).order_by("-published_at", "-pk")

    def after(self, post: "Post") -> "PostQuerySet":
        """Return the posts published after `post`, the nearest first."""
        is_after = Q(published_at__gt=post.published_at) | Q(published_at=post.published_at, pk__gt=post.pk)
        return self.filter(is_after, published_at__gte=post.published_at).order_by("published_at", "pk")

    def featured_first(self, count: int) -> "list[Post]":
        """Return the newest `count` posts, with the newest featured post first if there is one."""
        newest = self.newest_first().for_cards()
        featured = newest.filter(is_featured=True)[:1]
        return list(dict.fromkeys([*featured, *newest[:count]]))[:count]

    def popular(self, count: int) -> "list[Post]":
        """Return the most viewed posts of the last 90 days. Fill the list up with featured posts, then the newest."""
        views = PostViewCount.objects.most_viewed()
        viewed = list(self.filter(pk__in=views).newest_first().for_cards())
        viewed.sort(key=lambda post: (views[post.pk], post.is_featured), reverse=True)
        if len(viewed) >= count:
            return viewed[:count]
        newest = self.newest_first().for_cards()
        return list(dict.fromkeys([*viewed, *newest.filter(is_featured=True)[:count], *newest[:count]]))[:count]

    def archive_counts(self) -> ArchiveCounts:
        """Count these posts by month and by category."""
        by_month = self.order_by("-month").values_list("month").annotate(post_count=Count("pk"))
        posts_by_path = defaultdict[str, set[int]](set)
        assignments = Post.categories.through.objects.filter(post__in=self.order_by().values("pk"))
        paths = {pk: list(path_with_ancestors(path)) for pk, path in Category.objects.values_list("pk", "path")}
        for category_pk, post_pk in assignments.values_list("category", "post"):
            for path in paths[category_pk]:
                posts_by_path[path].add(post_pk)
        return ArchiveCounts(
            months=[MonthCount(*row) for row in by_month],
            categories={path: len(posts) for path, posts in posts_by_path.items()},
        )


def _related_post_field(ordinal: str, help_text: str) -> Any:
    return models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=f"{ordinal} related post",
        help_text=help_text,
    )


class Post(GivesGift, FinderContent, Document):  # type: ignore[django-manager-missing]
    """A blog post."""

    reference_fields = ("body", "featured_image")

    owner_lookup = "author__user"
    snapshot_fields = (
        *Document.snapshot_fields,
        "tldr",
        "featured_image",
        "author",
        "primary_category",
        "categories",
        "tags",
        "series",
        "series_position",
        "template",
        "related_first",
        "related_second",
        "related_third",
        *GIFT_FIELDS,
        "body_regions",
        "conditions",
        "goals",
    )
    detail_fields = Document.detail_fields | {*GIFT_FIELDS}

    slug = UnicodeSlugField(
        max_length=200,
        unique=True,
        blank=True,
        help_text="The post's URL on your site. Leave empty to create it from the title.",
    )
    tldr = models.TextField(
        "TL;DR", blank=True, help_text="The short version in two to four points, one per line. Shown in a box."
    )
    featured_image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="featured_in",
        help_text="Shown at the top of the post, in lists, and when someone shares the post.",
    )
    author = models.ForeignKey(
        Author, on_delete=models.PROTECT, related_name="posts", help_text="Shown as the author of the post."
    )
    primary_category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="primary_posts",
        help_text="Shown above the title.",
    )
    categories = models.ManyToManyField(
        Category, blank=True, related_name="posts", help_text="All categories that should list this post."
    )
    series = models.ForeignKey(
        Series,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="posts",
        help_text="Choose one if this post is part of a longer guide.",
    )
    series_position = models.PositiveSmallIntegerField(
        "part", null=True, blank=True, help_text="Orders the parts of the series. Visitors see consecutive numbers."
    )
    related_first = _related_post_field(
        "first", "Shown below this post. If left empty, a similar post is selected automatically."
    )
    related_second = _related_post_field("second", "Optional.")
    related_third = _related_post_field("third", "Optional.")
    template = models.ForeignKey(
        PostTemplate,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name="kind of post",
        help_text="The template the post follows. It decides which blocks the checklist asks for, and may choose the "
        "disclaimer.",
    )
    is_featured = models.BooleanField(
        "featured",
        default=False,
        help_text="Shows this post at the top of the home page until you feature a newer one.",
    )
    tags = TaggableManager(
        through="blog.TaggedPost",
        blank=True,
        ordering=["name"],
        help_text="Separate tags with commas.",
        manager=FoldingTaggableManager,
    )

    month = models.DateField(null=True, editable=False)
    keywords = models.CharField(max_length=200, blank=True, editable=False)
    headings = models.JSONField(default=list, editable=False)
    body = models.TextField("text", blank=True)

    objects = PostQuerySet.as_manager()

    class Meta(Document.Meta):
        """Indexes for the public lists."""

        indexes = [
            # Includes what lists are counted and filtered by, so that counting reads only the index.
            _list_index("published", "status", *_NEWEST_FIRST, "month", "hides_from_search", "canonical_url"),
            # The order of the admin's list, drafts first: PostgreSQL sorts missing dates before the newest, and SQLite
            # reads the index in two parts.
            _list_index("admin_list", *_NEWEST_FIRST),
            _list_index("primary_category", "primary_category", "status", *_NEWEST_FIRST),
            _list_index("month", "status", "month", "published_at"),
            _list_index("featured", "is_featured", "status", *_NEWEST_FIRST),
            models.Index(fields=("month",), name="blog_post_months"),
            models.Index(fields=("trashed_at",), condition=Q(trashed_at__isnull=False), name="blog_post_trash"),
        ]

    @property
    def tldr_points(self) -> list[str]:
        """The points of the TL;DR."""
        return [line.strip() for line in self.tldr.splitlines() if line.strip()]

    @property
    def chosen_related(self) -> list[int]:
        """The primary keys of the related posts chosen by the author, in order."""
        return [pk for pk in (self.related_first_id, self.related_second_id, self.related_third_id) if pk]

    def slug_from_title(self) -> str:
        """Return a slug made from the title, numbered if the site itself uses the URL, as for “Search”."""
        return unused_slug(super().slug_from_title(), is_site_path)

    def clean(self) -> None:
        """Check the related posts, the gift, and that the URL is free."""
        self._clean_related_posts()
        self.clean_gift()
        super().clean()
        validate_path_is_free(self.slug, self)

    def _clean_related_posts(self) -> None:
        seen = set()
        for name in _RELATED:
            pk = getattr(self, f"{name}_id")
            if not pk:
                continue
            if pk == self.pk:
                raise ValidationError({name: "A post cannot be related to itself. Choose another post."})
            if pk in seen:
                raise ValidationError({name: "This post is already selected. Choose another post."})
            seen.add(pk)

    def update_derived_fields(self) -> Analysis:
        """Also set the keywords and the month of publication."""
        analysis = super().update_derived_fields()
        self.keywords = extract_keywords([self.title, *(text for _, _, text in self.headings), self.tldr])
        self.month = timezone.localdate(self.published_at).replace(day=1) if self.published_at else None
        return analysis

    def save(self, **kwargs: Any) -> None:
        """Save, and redirect the old URL if the slug changed."""
        if self.saves_text(kwargs.get("update_fields")):
            self.update_derived_fields()
        with services.track_path_change(self), invalidate_only(self.cache_scope()):
            super().save(**kwargs)

    def set_categories(self, categories: Iterable[Category]) -> None:
        """Assign the post to `categories` and its primary category. The first becomes primary if none was chosen."""
        assigned = list(categories)
        if self.primary_category and self.primary_category not in assigned:
            assigned.append(self.primary_category)
        self.categories.set(assigned)
        if assigned and self.primary_category is None:
            self.primary_category = min(assigned, key=lambda category: category.sort_key)
            Post.objects.filter(pk=self.pk).update(primary_category=self.primary_category)

    # ---- Other posts ------------------------------------------------------------------------------

    def linked_posts(self) -> LinkedPosts:
        """Load the public posts that this post's page links to: related ones, and those before and after it.

        The related posts are those chosen by the author, then similar ones, up to RELATED_COUNT.
        """
        public = Post.objects.published()
        previous = public.before(self).values_list("pk", flat=True).first() if self.published_at else None
        following = public.after(self).values_list("pk", flat=True).first() if self.published_at else None
        # Chosen posts may not be public; then similar ones take their place.
        related = rank_related(self._as_candidate(), self._candidates(), self.chosen_related)[: 2 * RELATED_COUNT]
        posts = self._load([*related, *(pk for pk in (previous, following) if pk)])
        return LinkedPosts(
            related=[posts[pk] for pk in related if pk in posts][:RELATED_COUNT],
            previous=posts.get(previous),
            next=posts.get(following),
        )

    def series_part(self) -> SeriesPart | None:
        """Return the position in the series, counting public parts and this post; None without a series."""
        if self.series is None:
            return None
        others = Post.objects.published().filter(series=self.series).exclude(pk=self.pk).defer(*LARGE_FIELDS)
        parts = sorted([*others, self], key=_series_order)
        index = parts.index(self)
        return SeriesPart(
            number=index + 1,
            total=len(parts),
            previous=parts[index - 1] if index else None,
            next=parts[index + 1] if index + 1 < len(parts) else None,
        )

    def similar_posts(self, count: int) -> "list[Post]":
        """Return up to `count` public posts that have something in common with this one, the most similar first."""
        this = self._as_candidate()
        similar = [candidate for candidate in self._candidates() if similarity(this, candidate)]
        pks = [candidate.pk for candidate in rank_by_similarity(this, similar)[:count]]
        posts = self._load(pks)
        return [posts[pk] for pk in pks if pk in posts]

    def _load(self, pks: list[int]) -> "dict[int | None, Post]":
        """Return the public posts among `pks` for cards, by primary key, without this one."""
        return {**Post.objects.published().exclude(pk=self.pk).for_cards().in_bulk(pks)}

    def _as_candidate(self) -> Candidate:
        tag_pks = frozenset(tag.pk for tag in self.tags.all()) if self.pk else frozenset()
        keywords = frozenset(self.keywords.split())
        return Candidate(self.pk or 0, self.primary_category_id, self.series_id, tag_pks, keywords)

    def _candidates(self) -> list[Candidate]:
        """Load what the ranking compares, newest first."""
        newest = Post.objects.published().exclude(pk=self.pk).newest_first()
        rows = newest.values_list("published_at", "pk", "primary_category", "series", "keywords")
        in_category = rows.filter(primary_category=self.primary_category_id)[:CANDIDATES_IN_CATEGORY]
        found = sorted({*in_category, *rows[:CANDIDATES_ON_SITE]}, key=lambda row: row[:2], reverse=True)
        tag_pks = defaultdict[int, set[int]](set)
        tagged = Post.tags.through.objects.filter(content_object__in=[pk for _, pk, *_ in found])
        for post_pk, tag_pk in tagged.values_list("content_object", "tag"):
            tag_pks[post_pk].add(tag_pk)
        return [
            Candidate(pk, category_pk, series_pk, frozenset(tag_pks[pk]), frozenset(keywords.split()))
            for _, pk, category_pk, series_pk, keywords in found
        ]


def _series_order(post: Post) -> tuple[bool, int, datetime, int]:
    """Sort like `PostQuerySet.in_series_order()`. A part without a publication time counts as published now."""
    number = post.series_position
    return (number is None, number or 0, post.published_at or timezone.now(), post.pk or 0)
