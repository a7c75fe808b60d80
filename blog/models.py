"""Posts, categories and tags. `PostQuerySet.published()` is the only rule of what readers may see."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Count, Exists, Max, OuterRef, Q, StringAgg, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Length, Substr
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.text import slugify
from taggit.managers import TaggableManager
from taggit.models import ItemBase, TagBase

from accounts.models import Author
from drafts.models import Document, DocumentQuerySet, Refusal, Snapshot
from images.models import Image
from prose.structure import Outline

# A mistyped year would put a post where calendars and databases stop agreeing.
YEARS = range(1990, 2101)
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
        rows = list(self.marking(post).select_related("image"))
        for category in rows:
            category.below = [each for each in rows if each.parent_id == category.pk]
        return [category for category in rows if category.parent_id is None]


class Category(models.Model):
    """A topic of the blog, possibly below another one."""

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
        help_text="At the top of the category's page, and when somebody shares it.",
    )
    position = models.PositiveSmallIntegerField(
        "order", blank=True, help_text="Lower numbers come first. If you leave it empty, the category comes last."
    )
    # Set by `CategoryQuerySet.tree()`.
    below: "list[Category]"
    holds_post: bool

    objects = CategoryQuerySet.as_manager()

    class Meta:
        ordering = ("position", "name")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        above = self.parent
        while above is not None:
            if self.pk and above.pk == self.pk:
                raise ValidationError({"parent": "A category cannot lie below itself."})
            above = above.parent
        self.slug = self.slug.lower()
        if self.slug == "feed":
            raise ValidationError({"slug": "The site itself uses this address for its feeds. Choose another one."})
        path = self._own_path()
        branch = Category.objects.filter(path__startswith=self.path) if self.path else Category.objects.none()
        deepest = branch.aggregate(length=Max(Length("path")))["length"] or len(self.path)
        if len(path) + deepest - len(self.path) > 1000:
            raise ValidationError({"slug": "The whole address becomes too long. Choose a shorter one."})
        twin = Category.objects.filter(path=path).exclude(pk=self.pk).first()
        if twin:
            raise ValidationError({"slug": f"“{twin.name}” has this address already. Choose another one."})

    def save(self, **kwargs: Any) -> None:
        """Save, and move the whole branch below when the address changed."""
        self.name = UNPRINTABLE.sub("", self.name)
        self.description = UNPRINTABLE.sub("", self.description)
        # In small letters, since databases disagree whether Pain and pain begin alike.
        self.slug = (self.slug or slugify(self.name, allow_unicode=True) or "category").lower()
        if self.position is None:
            self.position = 1 + (Category.objects.aggregate(highest=Max("position"))["highest"] or 0)
        old = self.path
        self.path = self._own_path()
        with transaction.atomic():
            super().save(**kwargs)
            if old and old != self.path:
                below = Category.objects.filter(path__startswith=old).exclude(pk=self.pk)
                below.update(
                    path=Concat(Value(self.path), Substr("path", len(old) + 1)),
                )

    def get_absolute_url(self) -> str:
        return reverse("blog:category", args=[self.path.strip("/")])

    def _own_path(self) -> str:
        # It ends in a slash, so that no category's path is the beginning of a neighbour's.
        return f"{self.parent.path if self.parent else ''}{self.slug}/"


def line_of(path: str) -> Iterable[str]:
    """The paths of a category and of all above it: `a/b/` gives `a/` and `a/b/`."""
    return accumulate(f"{slug}/" for slug in path.split("/")[:-1])


class Tag(TagBase):
    """A keyword of posts. Two that differ in capitals only are one."""

    name: str

    class Meta:
        ordering = ("name",)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name = UNPRINTABLE.sub("", self.name)
        super().save(*args, **kwargs)

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


class Census(NamedTuple):
    """Posts counted: by month, newest first, and by category path, where a branch counts every post once."""

    months: list[Month]
    categories: dict[str, int]


class Surroundings(NamedTuple):
    """What to read after a post: its neighbours in time, and posts like it."""

    previous: "Post | None"
    next: "Post | None"
    related: "list[Post]"


class PostQuerySet(DocumentQuerySet["Post"]):
    """Which posts to show, on top of the rules of every document."""

    def for_cards(self) -> "PostQuerySet":
        """With all that a card or list entry shows, in this one query, without the bodies."""
        return self.select_related("featured_image", "topic", "author").defer("body", "headings")

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

    def census(self) -> Census:
        """Count the posts of this queryset, in one query: a row for each category, with its posts as one text.

        Branches are united here: to join paths in the database would cost the square of the categories.
        """
        text = models.TextField()
        entry = Concat(Cast("month", text), Value(" "), Cast("pk", text), output_field=text)
        rows = self.order_by().annotate(entry=entry).values_list("categories__path")
        found: defaultdict[str, set[str]] = defaultdict(set)
        for path, entries in rows.annotate(entries=StringAgg("entry", Value(","))):
            for place in ("", *line_of(path or "")):
                found[place].update(entries.split(","))
        months = Counter(entry[:10] for entry in found.pop("", ()))
        newest_first = sorted(months.items(), reverse=True)
        by_month = [Month(date.fromisoformat(first_day), count) for first_day, count in newest_first]
        return Census(by_month, {path: len(posts) for path, posts in found.items()})


class Post(Document):  # type: ignore[django-manager-missing]
    """An article. Its body is prose's strict subset; words, headings and pictures used are kept beside it."""

    snapshot_fields = (
        *Document.snapshot_fields,
        "tldr",
        "featured_image",
        "author",
        "topic",
        "categories",
        "tags",
        "series",
        "series_position",
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
    topic = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="topic_posts",
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
    tags = TaggableManager(through=TaggedPost, blank=True, help_text="Keywords, separated by commas.")
    pictures = models.ManyToManyField(Image, through="PostPicture", related_name="posts", editable=False)

    month = models.DateField(null=True, editable=False)
    # The large columns stand last: SQLite reads a row from its front, and lists never get this far.
    headings = models.JSONField(default=list, editable=False)
    body = models.TextField("text", blank=True)

    objects = PostQuerySet.as_manager()

    class Meta(Document.Meta):
        indexes = [
            models.Index(fields=("status", "trashed_at", "-published_at", "-id"), name="blog_post_published"),
            models.Index(fields=("status", "trashed_at", "month", "published_at"), name="blog_post_month"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("blog:post_detail", args=[self.slug])

    @property
    def tldr_points(self) -> list[str]:
        """The points of the short version."""
        return [line.strip() for line in self.tldr.splitlines() if line.strip()]

    def clean(self) -> None:
        if self.published_at and self.published_at.year not in YEARS:
            raise ValidationError({"published_at": f"Choose a year from {YEARS[0]} to {YEARS[-1]}."})
        self.slug = self.slug or slugify(self.title, allow_unicode=True)[:200].strip("-")
        if not self.slug:
            raise ValidationError({"slug": "This title gives no address. Type one, such as my-first-post."})
        validate_free_address(self.slug)
        twin = Post.objects.filter(slug=self.slug).exclude(pk=self.pk).first()
        if twin:
            raise ValidationError({"slug": f"The post “{twin.title}” has this address already. Choose another one."})
        if self.status == self.Status.PUBLISHED and self.published_at is None:
            self.published_at = timezone.now()

    def prepare(self) -> Outline:
        """As of every document; also the month it belongs to and the pictures it uses."""
        structure = super().prepare()
        self.month = timezone.localdate(self.published_at).replace(day=1) if self.published_at else None
        self._used = {number for kind, number in structure.uses if kind == "image"}
        return structure

    def save(self, **kwargs: Any) -> None:
        """Save the post and what its body uses, together or not at all."""
        self.prepare()
        with transaction.atomic():
            super().save(**kwargs)
            self._remember_pictures()

    def _remember_pictures(self) -> None:
        kept = set(Image.objects.filter(pk__in=self._used).values_list("pk", flat=True)) if self._used else set()
        PostPicture.objects.filter(post=self).exclude(image__in=kept).delete()
        PostPicture.objects.bulk_create([PostPicture(post=self, image_id=pk) for pk in kept], ignore_conflicts=True)

    def refusals(self, data: Snapshot) -> list[Refusal]:
        from blog import checklist

        return checklist.refusals(self, data)

    def set_categories(self, categories: Iterable[Category]) -> None:
        """Put the post in `categories`; the main one is among them, and is the first if none was chosen."""
        chosen = list(categories)
        if self.topic and self.topic not in chosen:
            chosen.append(self.topic)
        self.categories.set(chosen)
        if chosen and self.topic is None:
            self.topic = min(chosen, key=lambda category: (category.position, category.name))
            Post.objects.filter(pk=self.pk).update(topic=self.topic)

    def surroundings(self) -> Surroundings:
        """Neighbours in time and three posts like it, all public and never itself, in one query.

        Likeness: the same topic counts two, each shared tag one; the newer of equals comes first. Candidates
        are the newest of the topic and of the site, so the cost does not grow with the blog.
        """
        others = Post.objects.published().exclude(pk=self.pk)
        older = Q(published_at__lt=self.published_at) | Q(published_at=self.published_at, pk__lt=self.pk)
        newest = others.newest_first()
        candidates = Q(pk__in=newest.filter(topic=self.topic_id).values("pk")[:200]) | Q(
            pk__in=newest.values("pk")[:50]
        )
        shared_tags = (
            TaggedPost.objects.filter(content_object=OuterRef("pk"), tag__in=[tag.pk for tag in self.tags.all()])
            .order_by()
            .values("content_object")
            .annotate(count=Count("pk"))
            .values("count")
        )
        likeness = Coalesce(Subquery(shared_tags), 0) + Case(
            When(topic=self.topic_id, topic__isnull=False, then=2), default=0
        )
        ranked = others.annotate(likeness=likeness).order_by("-likeness", "-published_at", "-pk")
        rows = list(
            ranked.filter(
                Q(pk__in=newest.filter(older).values("pk")[:1])
                | Q(pk__in=others.exclude(older).order_by("published_at", "pk").values("pk")[:1])
                | Q(pk__in=ranked.filter(candidates).values("pk")[:3])
            ).for_cards()
        )
        by_time = sorted(rows, key=lambda post: (post.published_at, post.pk))
        here = (self.published_at, self.pk)
        before = [post for post in by_time if (post.published_at, post.pk) < here]
        after = [post for post in by_time if (post.published_at, post.pk) > here]
        return Surroundings(before[-1] if before else None, after[0] if after else None, rows[:3])


class PostPicture(models.Model):
    """That a post's text uses a picture: keeps the picture from being deleted."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE)
    image = models.ForeignKey(Image, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint("post", "image", name="blog_postpicture_unique")]

    def __str__(self) -> str:
        return f"{self.post}: {self.image}"


def validate_free_address(slug: str) -> None:
    """Raise ValidationError when `/slug/` belongs to another part of the site, such as /blog/ or /2026/."""
    try:
        match = resolve(f"/{slug}/")
    except Resolver404:
        return
    if match.view_name != "blog:post_detail":
        raise ValidationError({"slug": f"The site itself uses the address /{slug}/. Choose another one."})


# The rest of the room's models have modules of their own.
from blog.checklist import PublishingRules  # noqa: E402, F401
from blog.passages import PostTemplate, Snippet  # noqa: E402, F401
from blog.series import Series  # noqa: E402, F401
