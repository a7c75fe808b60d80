"""Advertisements: what stands where and when, on which posts never, and how often it was seen and followed."""

import hashlib
from datetime import date
from typing import Any, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.formats import date_format

from affiliates.shop_urls import host_of, is_amazons
from blog.models import Category, Post, path_with_ancestors
from images.models import Image
from public_forms.counting import add_one

# Everywhere and always the same word, so that nobody takes an advertisement for advice.
LABEL = "Advertisement"
LARGEST_KEY = 2**63 - 1


class AdQuerySet(models.QuerySet["Ad"]):
    """Which advertisements may stand on a page."""

    def running(self) -> Self:
        """Those that are switched on and within their dates."""
        today = timezone.localdate()
        return self.filter(
            Q(starts_on=None) | Q(starts_on__lte=today), Q(ends_on=None) | Q(ends_on__gte=today), is_on=True
        )

    def for_page(self, post: Post | None = None, category: Category | None = None) -> Self:
        """Those that may stand beside `post`, or on the page of `category`; topics below an excluded one are too."""
        excluded = Ad.excluded_categories.through.objects.filter(ad=OuterRef("pk"))
        found = self
        if post is not None and post.pk:
            topics = Post.categories.through.objects.filter(
                post=post.pk, category__path__startswith=OuterRef("category__path")
            )
            posts = Ad.excluded_posts.through.objects.filter(ad=OuterRef("pk"), post=post.pk)
            found = found.exclude(Exists(posts)).exclude(Exists(excluded.filter(Exists(topics))))
        if category is not None:
            found = found.exclude(Exists(excluded.filter(category__path__in=list(path_with_ancestors(category.path)))))
        return found


class Ad(models.Model):
    """A picture or a few words that lead to somebody who pays for the place."""

    class Place(models.TextChoices):
        SIDEBAR = "sidebar", "In the sidebar"
        AFTER_POST = "after-post", "After a post"
        LIST = "list", "Between the posts of a list"

    name = models.CharField(
        max_length=120, help_text="For yourselves, such as the advertiser and the year. Readers do not see it."
    )
    place = models.CharField(
        max_length=12,
        choices=Place,
        default=Place.SIDEBAR,
        help_text="Never inside a post or near your disclaimer.",
    )
    picture = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="ads",
        help_text="Its alternative text should name the advertiser. Either a picture or words.",
    )
    text = models.CharField(
        "words", max_length=300, blank=True, help_text="Instead of a picture: one or two sentences, all of them a link."
    )
    link = models.URLField(
        "address",
        max_length=1000,
        validators=[URLValidator(schemes=["https"])],
        help_text="Where it leads, starting with https://. Clicks are counted on the way.",
    )
    starts_on = models.DateField(
        "first day", null=True, blank=True, help_text="Left empty, it starts as soon as it is switched on."
    )
    ends_on = models.DateField("last day", null=True, blank=True, help_text="Left empty, it stays.")
    weight = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="How often it is chosen where several share a place: one with 2 stands on twice as many pages as one "
        "with 1.",
    )
    is_on = models.BooleanField("switched on", default=True, help_text="Untick it to take it off the site at once.")
    excluded_posts = models.ManyToManyField(
        Post,
        blank=True,
        related_name="+",
        verbose_name="not beside these posts",
        help_text="Posts that it would not suit.",
    )
    excluded_categories = models.ManyToManyField(
        Category,
        blank=True,
        related_name="+",
        verbose_name="not in these categories",
        help_text="Neither on their pages nor beside their posts, those of the categories below them included.",
    )

    objects = AdQuerySet.as_manager()

    class Meta:
        ordering = ("place", "name", "pk")
        verbose_name = "advertisement"
        indexes = [models.Index(fields=("is_on", "place"), name="ads_ad_running")]
        constraints = [
            models.CheckConstraint(
                condition=Q(picture=None, text__gt="") | Q(picture__isnull=False, text=""),
                name="ads_ad_picture_or_words",
                violation_error_message="Choose a picture or write words: one of both, not both.",
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="ads_ad_ends_after_it_starts",
                violation_error_message="The last day lies before the first one.",
            ),
            models.CheckConstraint(condition=Q(link__startswith="https://"), name="ads_ad_link_is_https"),
            models.CheckConstraint(condition=Q(weight__gte=1), name="ads_ad_has_weight"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Schemes in capitals are addresses too, but are kept in small letters, as the database's rule says."""
        scheme, sign, rest = self.link.partition("://")
        self.link = f"{scheme.lower()}{sign}{rest}"
        if self.picture and self.picture.is_decorative:
            raise ValidationError(
                {"picture": "This picture is marked as decoration, so it would be a link without words."}
            )
        if is_amazons(host_of(self.link)):
            words = (
                "Amazon wants direct links, and those of advertisements are counted on the way. Make it a paid link."
            )
            raise ValidationError({"link": words})

    @property
    def alt(self) -> str:
        """What stands for the picture: its own words, else who pays. A link always has a name."""
        return (self.picture.alt if self.picture else "") or self.name

    @property
    def state(self) -> str:
        """Whether readers see it today, and until or from when."""
        today = timezone.localdate()
        if not self.is_on:
            return "Off"
        if self.starts_on and self.starts_on > today:
            return f"From {date_format(self.starts_on, 'F j, Y')}"
        if self.ends_on and self.ends_on < today:
            return "Over"
        return f"Until {date_format(self.ends_on, 'F j, Y')}" if self.ends_on else "Running"


def choose(ads: list[Ad], place: str, path: str, day: date) -> Ad | None:
    """One of `ads` for `place` on the page at `path`, by weight; the same all day for everybody.

    Chance would make every answer another one; this way pages stay the same text and can be kept by caches.
    """
    fitting = sorted((ad for ad in ads if ad.place == place), key=lambda ad: ad.pk)
    if not fitting:
        return None
    digest = hashlib.sha256(f"{day}\n{place}\n{path}".encode("utf-8", "replace")).digest()
    left = int.from_bytes(digest[:8]) % sum(ad.weight for ad in fitting)
    for ad in fitting:
        left -= ad.weight
        if left < 0:
            return ad
    return None


class Tally(NamedTuple):
    """How often something was seen and followed."""

    views: int
    clicks: int

    @property
    def rate(self) -> str:
        """The share of views that led to a click; nothing is known without a view."""
        return f"{100 * self.clicks / self.views:.1f} %" if self.views else "–"


class AdCountQuerySet(models.QuerySet["AdCount"]):
    """Counting, and adding up."""

    def add(self, ad: int, kind: str) -> None:
        """One of `views` or `clicks` more today for the advertisement `ad`, which exists. Exact however many come."""
        add_one(AdCount, kind, ad_id=ad, day=timezone.localdate())

    def tally(self) -> Tally:
        """All of them together. One query."""
        sums: dict[str, Any] = self.aggregate(views=Sum("views", default=0), clicks=Sum("clicks", default=0))
        return Tally(sums["views"], sums["clicks"])


class AdCount(models.Model):
    """How often an advertisement was seen and followed on a day. Nothing about who did."""

    ad = models.ForeignKey(Ad, on_delete=models.CASCADE, related_name="counts")
    day = models.DateField()
    views = models.PositiveIntegerField(default=0)
    clicks = models.PositiveIntegerField(default=0)

    objects = AdCountQuerySet.as_manager()

    class Meta:
        ordering = ("-day",)
        constraints = [models.UniqueConstraint("ad", "day", name="ads_adcount_one_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.views} seen, {self.clicks} followed"
