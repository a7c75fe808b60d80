"""Posts, categories and tags. `PostQuerySet.published()` is the only rule of what readers may see."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, StringAgg, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from taggit.managers import TaggableManager
from taggit.models import ItemBase, TagBase

from accounts.models import Author
from blog.models.views import POPULAR_DAYS, PostViewCount
from blog.related_posts import extract_keywords, similarity
from blog.series import Place, Series, place_of  # noqa: F401
from blog.snippets import PostTemplate, Snippet  # noqa: F401 - the room's models have modules of their own
from images.models import Image
from pagecache.invalidation import invalidate_only
from publishing.document_paths import validate_path_is_free
from publishing.models import Document, DocumentQuerySet, PublishError, Snapshot
from publishing.path_tree import PathNode
from redirects import services
from richtext.analysis import Analysis
from richtext.references import ReferenceSource

RELATED = 3
# No list shows them, and they stand last: SQLite reads a row from its front, and moves references of a table to
# itself behind everything else.
LARGE_FIELDS = ("headings", "body", "related_first", "related_second", "related_third")
# What no feed may hold: control characters other than tab and line ends.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class CategoryQuerySet(models.QuerySet["Category"]):
    """Categories for menus and lists."""

    def marking(self, post: "Post | None") -> "CategoryQuerySet":
        """Each with `holds_post`: whether `post` is in it."""
        places = Post.categories.through.objects.filter(category=OuterRef("pk"), post=post and post.pk)
        return self.annotate(holds_post=Exists(places))

    def tree(self, post: "Post | None" = None) -> "list[Category]":
        """The main categories in their order, each with those `below` it, at any depth. One query.

        Each has the attribute of `marking(post)`.
        """
        below = defaultdict[int | None, list[Category]](list)
        rows = list(self.marking(post).select_related("image"))
        for category in rows:
            below[category.parent_id].append(category)
        for category in rows:
            category.below = below[category.pk]
        return below[None]


class Category(PathNode, ReferenceSource):
    """A topic of the blog, possibly below another one."""

    reference_fields = ("image",)

    name = models.CharField(max_length=200, help_text="As readers see it in menus and above posts.")
    slug = models.SlugField(
        "address", max_length=200, allow_unicode=True, help_text="The last part of the category's address."
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="Leave empty for a main topic.",
    )
    path = models.CharField(max_length=1000, unique=True, editable=False)
    description = models.TextField(blank=True, help_text="One or two sentences at the top of the category's page.")
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="categories",
        verbose_name="picture",
        help_text="For a main topic on the home page, and when somebody shares the category.",
    )
    position = models.PositiveSmallIntegerField(
        "order", blank=True, help_text="Lower numbers come first. If you leave it empty, the category comes last."
    )
    # Set by `CategoryQuerySet.tree()`.
    below: "list[Category]"
    holds_post: bool

    objects = CategoryQuerySet.as_manager()
    # It closes a path, so that no category's path is the beginning of a neighbour's.
    path_suffix = "/"

    class Meta:
        ordering = ("position", "name")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        self.slug = self.slug.lower()
        if self.slug == "feed":
            raise ValidationError({"slug": "The site itself uses this address for its feeds. Choose another one."})
        twin = Category.objects.filter(path=self.computed_path).exclude(pk=self.pk).first()
        if twin:
            raise ValidationError({"slug": f"“{twin.name}” has this address already. Choose another one."})

    def save(self, **kwargs: Any) -> None:
        self.name = UNPRINTABLE.sub("", self.name)
        self.description = UNPRINTABLE.sub("", self.description)
        # In small letters, since databases disagree whether Pain and pain begin alike.
        self.slug = (self.slug or slugify(self.name, allow_unicode=True) or "category").lower()
        if self.position is None:
            self.position = 1 + (Category.objects.aggregate(highest=Max("position"))["highest"] or 0)
        super().save(**kwargs)

    def get_absolute_url(self) -> str:
        return reverse("blog:category", args=[self.path.strip("/")])


def path_with_ancestors(path: str) -> Iterable[str]:
    """The paths of a category and of all above it: `a/b/` gives `a/` and `a/b/`."""
    return accumulate(f"{slug}/" for slug in path.split("/")[:-1])


class Tag(TagBase):
    """A keyword of posts. Two that differ in capitals only are one."""

    name: str

    class Meta:
        ordering = ("name",)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name = UNPRINTABLE.sub("", self.name)
        with services.track_path_change(self):
            super().save(*args, **kwargs)

    def merge(self, others: "Iterable[Tag]") -> int:
        """Take the posts of `others`, each once, and end those tags: their addresses lead here. How many posts."""
        gone = [tag for tag in others if tag.pk != self.pk]
        with transaction.atomic():
            keys = set(TaggedPost.objects.filter(tag__in=gone).values_list("content_object", flat=True))
            rows = [TaggedPost(tag=self, content_object_id=key) for key in keys]
            TaggedPost.objects.bulk_create(rows, ignore_conflicts=True)
            # A new version, so that a form opened before cannot bring the old tags back unseen.
            Post.objects.filter(pk__in=keys).update(version=F("version") + 1, modified_at=timezone.now())
            services.create_redirects(
                {tag.get_absolute_url(): self.get_absolute_url() for tag in gone}, services.Redirect.Origin.MERGED
            )
            Tag.objects.filter(pk__in=[tag.pk for tag in gone]).delete()
        return len(keys)

    def slugify(self, tag: str, i: int | None = None) -> str:
        """The address of a name, the `i`th one like it; a name of signs alone gets one too."""
        slug = slugify(tag, allow_unicode=True)[:90] or "tag"
        return f"{slug}_{i}" if i else slug

    def get_absolute_url(self) -> str:
        return reverse("blog:tag", args=[self.slug])


class TaggedPost(ItemBase):
    """That a post carries a tag."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged_posts")
    content_object = models.ForeignKey("Post", on_delete=models.CASCADE, related_name="tagged")

    class Meta:
        constraints = [models.UniqueConstraint("tag", "content_object", name="blog_taggedpost_unique")]

    def __str__(self) -> str:
        return f"{self.content_object}: {self.tag}"


class Month(NamedTuple):
    """A month with public posts: its first day, and how many."""

    first_day: date
    post_count: int


class ArchiveCounts(NamedTuple):
    """Posts counted: by month, newest first, and by category path, where a branch counts every post once."""

    months: list[Month]
    categories: dict[str, int]


class Surroundings(NamedTuple):
    """What to read after a post: its neighbours in time, posts like it, and the parts beside it in its series."""

    previous: "Post | None"
    next: "Post | None"
    related: "list[Post]"
    place: Place | None


# Between the parts of rows told as one text: no name holds them, see UNPRINTABLE.
_RECORD, _UNIT = Value("\x1e"), Value("\x1f")


class PostQuerySet(DocumentQuerySet["Post"]):
    """Which posts to show, on top of the rules of every document."""

    def for_cards(self) -> "PostQuerySet":
        """With all that a card or list entry shows, in this one query, without the bodies."""
        return self.select_related("featured_image", "primary_category", "author").defer(*LARGE_FIELDS)

    def in_category(self, category: Category) -> "PostQuerySet":
        """Posts in `category` or anywhere below it, each once."""
        return self.filter(
            pk__in=Post.categories.through.objects.filter(category__path__startswith=category.path).values("post")
        )

    def in_month(self, first_day: date) -> "PostQuerySet":
        """Posts of the month that starts on `first_day`, in the site's time zone."""
        return self.filter(month=first_day)

    def in_year(self, year: int) -> "PostQuerySet":
        """Posts of `year`, in the site's time zone."""
        return self.filter(month__year=year)

    def with_tags(self) -> "PostQuerySet":
        """Each with its tags in `tag_rows`, in the same query; `Post.take_tags()` makes them what `tags` gives."""
        parts = Concat(
            Cast("tag_id", models.TextField()), _UNIT, "tag__slug", _UNIT, "tag__name", output_field=models.TextField()
        )
        tagged = TaggedPost.objects.filter(content_object=OuterRef("pk")).order_by().values("content_object")
        rows = tagged.annotate(rows=StringAgg(parts, _RECORD, output_field=models.TextField())).values("rows")
        return self.annotate(tag_rows=Subquery(rows))

    def featured_first(self, count: int) -> "list[Post]":
        """The newest `count` of them, led by the newest that is featured, if one is. One query."""
        newest = self.newest_first()
        featured = newest.filter(is_featured=True)[:1]
        rows = list(Post.objects.filter(pk__in=_either(featured, newest[:count])).newest_first().for_cards())
        lead = next((post for post in rows if post.is_featured), None)
        return list(dict.fromkeys([lead, *rows] if lead else rows))[:count]

    def popular(self, count: int) -> "list[Post]":
        """Those most read in 90 days; where too few were read, the featured and then the newest follow. One query."""
        newest = self.newest_first()
        read = self.filter(pk__in=PostViewCount.objects.most_viewed())
        recent = PostViewCount.objects.last_days(POPULAR_DAYS).filter(post=OuterRef("pk"))
        reads = recent.order_by().values("post").annotate(total=Sum("count")).values("total")
        ranked = Post.objects.annotate(reads=Coalesce(Subquery(reads), 0)).order_by(
            "-reads", "-is_featured", "-published_at", "-pk"
        )
        wanted = _either(read, newest.filter(is_featured=True)[:count], newest[:count])
        return list(ranked.filter(pk__in=wanted).for_cards()[:count])

    def archive_counts(self) -> ArchiveCounts:
        """Count the posts of this queryset, in one query: a row for each category, with its posts as one text, and
        one for each month.

        Branches are united here: to join paths in the database would cost the square of the categories.
        """
        text, posts = models.TextField(), self.order_by()
        places = Post.categories.through.objects.filter(post__in=posts.values("pk")).order_by()
        by_category = places.values_list("category__path").annotate(found=StringAgg(Cast("post_id", text), Value(",")))
        by_month = posts.values_list(Cast("month", text)).annotate(found=Cast(Count("pk"), text))
        branches: defaultdict[str, set[str]] = defaultdict(set)
        months = []
        for name, found in by_category.union(by_month, all=True).order_by():
            if name.endswith("/"):
                keys = found.split(",")
                for path in path_with_ancestors(name):
                    branches[path].update(keys)
            else:
                months.append(Month(date.fromisoformat(name), int(found)))
        return ArchiveCounts(sorted(months, reverse=True), {path: len(keys) for path, keys in branches.items()})


def related_post(ordinal: str, help_text: str) -> Any:
    """A post that the author puts below another one, as the `ordinal` of them."""
    return models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=f"{ordinal} related post",
        help_text=help_text,
    )


class Post(Document):  # type: ignore[django-manager-missing]
    """An article. Its body is prose's strict subset; words, headings and pictures used are kept beside it."""

    reference_fields = ("body", "featured_image")

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
        "related_first",
        "related_second",
        "related_third",
    )

    slug = models.SlugField(
        "address",
        max_length=200,
        unique=True,
        blank=True,
        allow_unicode=True,
        help_text="The post's address on your site. Made from the title if you leave it empty.",
    )
    tldr = models.TextField(
        "TL;DR", blank=True, help_text="The short version: two to four points, one a line. Shown in a box."
    )
    featured_image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="featured_in",
        verbose_name="featured picture",
        help_text="Shown at the top of the post, in lists, and when somebody shares it.",
    )
    author = models.ForeignKey(
        Author, on_delete=models.PROTECT, related_name="posts", help_text="Whom readers see as the writer."
    )
    primary_category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="primary_posts",
        verbose_name="main category",
        help_text="The one shown above the title.",
    )
    categories = models.ManyToManyField(
        Category, blank=True, related_name="posts", help_text="Every topic under which readers should find it."
    )
    series = models.ForeignKey(
        "Series",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="posts",
        help_text="If this post is a part of a longer guide.",
    )
    series_position = models.PositiveSmallIntegerField(
        "part", null=True, blank=True, help_text="Its number in the series. Readers only see the order."
    )
    related_first = related_post("first", "Shown below this post. What you leave empty is chosen by topic and words.")
    related_second = related_post("second", "A second one, if you like.")
    related_third = related_post("third", "And a third one.")
    is_featured = models.BooleanField(
        "lead with this post",
        default=False,
        help_text="It stands large at the top of the home page, until you choose this for a newer one.",
    )
    tags = TaggableManager(through=TaggedPost, blank=True, help_text="Keywords, separated by commas.")

    month = models.DateField(null=True, editable=False)
    keywords = models.CharField(max_length=200, blank=True, editable=False)
    headings = models.JSONField(default=list, editable=False)
    body = models.TextField("text", blank=True)

    # Where prefetched rows and those of `take_tags()` stand.
    _prefetched_objects_cache: dict[str, Any]

    objects = PostQuerySet.as_manager()

    class Meta(Document.Meta):
        indexes = [
            # With the month, so that counting them does not read the rows.
            models.Index(fields=("status", "trashed_at", "-published_at", "-id", "month"), name="blog_post_published"),
            models.Index(
                fields=("primary_category", "status", "trashed_at", "-published_at", "-id"),
                name="blog_post_primary_category",
            ),
            models.Index(fields=("status", "trashed_at", "month", "published_at"), name="blog_post_month"),
            models.Index(
                fields=("is_featured", "status", "trashed_at", "-published_at", "-id"), name="blog_post_featured"
            ),
        ]

    @property
    def tldr_points(self) -> list[str]:
        """The points of the short version."""
        return [line.strip() for line in self.tldr.splitlines() if line.strip()]

    @property
    def chosen_related(self) -> list[int]:
        """The keys of the posts that the author wants below this one, in order."""
        return [key for key in (self.related_first_id, self.related_second_id, self.related_third_id) if key]

    def clean(self) -> None:
        self._check_related()
        super().clean()
        validate_path_is_free(self.slug, self)

    def _check_related(self) -> None:
        seen = {self.pk}
        for name in ("related_first", "related_second", "related_third"):
            key = getattr(self, f"{name}_id")
            if key and key in seen:
                which = "the post itself" if key == self.pk else "chosen already"
                raise ValidationError({name: f"This is {which}. Choose another one, or leave it empty."})
            seen.add(key)

    def update_derived_fields(self) -> Analysis:
        """As of every document; also its month, its telling words, and what its text uses and links to."""
        analysis = super().update_derived_fields()
        self.keywords = extract_keywords([self.title, *(text for _, _, text in self.headings), self.tldr])
        self.month = timezone.localdate(self.published_at).replace(day=1) if self.published_at else None
        return analysis

    def save(self, **kwargs: Any) -> None:
        """Save the post and what its body uses, together or not at all; readers of its old address are led along."""
        self.update_derived_fields()
        with services.track_path_change(self), invalidate_only(self.cache_scope()):
            super().save(**kwargs)

    def publish_errors(self, data: Snapshot) -> list[PublishError]:
        from blog import checklist

        return checklist.publish_errors(self, data)

    def set_categories(self, categories: Iterable[Category]) -> None:
        """Put the post in `categories`; the main one is among them, and is the first if none was chosen."""
        chosen = list(categories)
        if self.primary_category and self.primary_category not in chosen:
            chosen.append(self.primary_category)
        self.categories.set(chosen)
        if chosen and self.primary_category is None:
            self.primary_category = min(chosen, key=lambda category: (category.position, category.name))
            Post.objects.filter(pk=self.pk).update(primary_category=self.primary_category)

    def take_tags(self) -> None:
        """Let `tags.all()` give those fetched by `PostQuerySet.with_tags()`, by name and without a query."""
        told: str = getattr(self, "tag_rows", None) or ""
        rows = [row.split("\x1f") for row in told.split("\x1e") if row]
        tags = [Tag(pk=int(key), slug=slug, name=name) for key, slug, name in rows]
        self._prefetched_objects_cache = {"tags": sorted(tags, key=lambda tag: tag.name)}

    def similar_posts(self, count: int) -> "list[Post]":
        """Up to `count` public posts that have something in common with it, the likest first. One query."""
        return [post for post in self._likest().defer(*LARGE_FIELDS)[:count] if getattr(post, "similarity", 0)]

    def _likest(self) -> PostQuerySet:
        """Other public posts, the likest first: the newest 200 of the topic and 50 of the site."""
        newest = Post.objects.published().exclude(pk=self.pk).newest_first()
        # Of all posts: what they are filtered by is public, and the database starts there.
        ranked = Post.objects.annotate(similarity=similarity(self)).order_by("-similarity", "-published_at", "-pk")
        return ranked.filter(
            pk__in=_either(newest.filter(primary_category=self.primary_category_id)[:200], newest[:50])
        )

    def surroundings(self) -> Surroundings:
        """Neighbours in time, three posts like it and its place in a series, in one query.

        All are public and none is the post itself. Those chosen by the author come first, in their order; then the
        likest, the newer of equals first, and parts of its own series only where others are missing. Candidates are
        the newest of the topic and of the site, so the cost does not grow with the blog.
        """
        others = Post.objects.published().exclude(pk=self.pk)
        newest = others.newest_first()
        ranked = Post.objects.annotate(similarity=similarity(self)).order_by("-similarity", "-published_at", "-pk")
        near = self._likest()[: RELATED + len(self.chosen_related)]
        wanted = [others.filter(pk__in=self.chosen_related), near]
        if self.series_id:
            wanted.append(others.filter(series=self.series_id))
        if self.published_at:
            same = Q(published_at=self.published_at)
            older = newest.filter(Q(published_at__lt=self.published_at) | same & Q(pk__lt=self.pk))
            newer = others.filter(Q(published_at__gt=self.published_at) | same & Q(pk__gt=self.pk))
            # Said again in one word each, since only that lets the database start at this post.
            wanted.append(older.filter(published_at__lte=self.published_at)[:1])
            wanted.append(newer.filter(published_at__gte=self.published_at).order_by("published_at", "pk")[:1])
        rows = list(ranked.filter(pk__in=_either(*wanted)).for_cards())
        parts = [post for post in rows if self.series_id and post.series_id == self.series_id]
        here = (self.published_at, self.pk)
        by_time = sorted(rows, key=lambda post: (post.published_at, post.pk)) if self.published_at else []
        before = [post for post in by_time if (post.published_at, post.pk) < here]
        after = [post for post in by_time if (post.published_at, post.pk) > here]
        chosen = [post for key in self.chosen_related for post in rows if post.pk == key]
        related = dict.fromkeys([*chosen, *(post for post in rows if post not in parts), *parts])
        return Surroundings(
            previous=before[-1] if before else None,
            next=after[0] if after else None,
            related=list(related)[:RELATED],
            place=place_of(self, parts),
        )


def _either(*choices: PostQuerySet) -> QuerySet[Post, Any]:
    """The keys of posts in any of `choices`, each of which may be ordered and cut."""
    first, *rest = (Post.objects.order_by().filter(pk__in=choice.values("pk")).values("pk") for choice in choices)
    return first.union(*rest)


def public_authors() -> QuerySet[Any]:
    """Those whom a public post or the site's frame names, each with `post_count`, how many public posts."""
    posts = Post.objects.published().filter(author=OuterRef("pk")).order_by().values("author")
    counted = posts.annotate(found=Count("pk")).values("found")
    authors = Author.objects.annotate(post_count=Coalesce(Subquery(counted), 0))
    return authors.filter(Q(post_count__gt=0) | Q(pk__in=Author.objects.values("pk")[:1]))


# It needs the models above.
from blog.checklist import PublishingRules  # noqa: E402, F401
