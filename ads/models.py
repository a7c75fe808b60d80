"""Ads: their place and dates, the posts they never appear on, and their impressions and clicks."""

import hashlib
from datetime import date
from typing import Any, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils import timezone

from affiliates.shop_urls import host_of, is_amazon
from analytics.models import DailyCount, DailyCountQuerySet
from blog.models import Category, Post, path_with_ancestors
from images.models import Image
from richtext.references import ReferenceSource
from siteinfo.local_time import format_date

# The same label everywhere, so that no one mistakes an ad for advice.
LABEL = "Advertisement"
MAX_PK = 2**63 - 1  # of BigAutoField


class AdQuerySet(models.QuerySet["Ad"]):
    """Select the ads for a page."""

    def running(self) -> Self:
        """Return the ads that are active and within their dates."""
        today = timezone.localdate()
        return self.filter(
            Q(starts_on=None) | Q(starts_on__lte=today), Q(ends_on=None) | Q(ends_on__gte=today), is_active=True
        )

    def for_page(self, post: Post | None = None, category: Category | None = None) -> Self:
        """Return the ads allowed beside `post` or on the page of `category`.

        Excluding a category excludes its subcategories too.
        """
        excluded = Ad.excluded_categories.through.objects.filter(ad=OuterRef("pk"))
        found = self
        if post is not None and post.pk:
            categories = Post.categories.through.objects.filter(
                post=post.pk, category__path__startswith=OuterRef("category__path")
            )
            posts = Ad.excluded_posts.through.objects.filter(ad=OuterRef("pk"), post=post.pk)
            found = found.exclude(Exists(posts)).exclude(Exists(excluded.filter(Exists(categories))))
        if category is not None:
            found = found.exclude(Exists(excluded.filter(category__path__in=list(path_with_ancestors(category.path)))))
        return found


class Ad(ReferenceSource):
    """An image or a short text with a link, paid for by an advertiser."""

    reference_fields = ("image",)

    class Placement(models.TextChoices):
        """Where the ad appears."""

        SIDEBAR = "sidebar", "Sidebar"
        AFTER_POST = "after-post", "After a post"
        LIST = "list", "Between the posts of a list"

    name = models.CharField(max_length=120, help_text="Only shown in the admin, such as the advertiser and the year.")
    placement = models.CharField(
        max_length=12,
        choices=Placement,
        default=Placement.SIDEBAR,
        help_text="Ads never appear inside a post or near your disclaimer.",
    )
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="ads",
        help_text="Name the advertiser in its alt text. Choose either an image or text.",
    )
    text = models.CharField(
        max_length=300, blank=True, help_text="Instead of an image: one or two sentences. The whole text is a link."
    )
    url = models.URLField(
        "URL",
        max_length=1000,
        validators=[URLValidator(schemes=["https"])],
        help_text="The advertiser’s page, starting with https://. Clicks are counted.",
    )
    starts_on = models.DateField("first day", null=True, blank=True, help_text="Leave empty to start immediately.")
    ends_on = models.DateField("last day", null=True, blank=True, help_text="Leave empty to run indefinitely.")
    weight = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="How often the ad is chosen when several share a placement. An ad with weight 2 appears on twice as "
        "many pages as one with weight 1.",
    )
    is_active = models.BooleanField("active", default=True, help_text="Uncheck to remove the ad immediately.")
    excluded_posts = models.ManyToManyField(
        Post,
        blank=True,
        related_name="+",
        verbose_name="excluded posts",
        help_text="The ad never appears on these posts.",
    )
    excluded_categories = models.ManyToManyField(
        Category,
        blank=True,
        related_name="+",
        verbose_name="excluded categories",
        help_text="The ad never appears on these categories, their subcategories or their posts.",
    )

    objects = AdQuerySet.as_manager()

    class Meta:
        """Constraints and the index used for each page."""

        ordering = ("placement", "name", "pk")
        verbose_name = "ad"
        indexes = [models.Index(fields=("is_active", "placement"), name="ads_ad_running")]
        constraints = [
            models.CheckConstraint(
                condition=Q(image=None, text__gt="") | Q(image__isnull=False, text=""),
                name="ads_ad_image_or_text",
                violation_error_message="Choose an image or enter text, not both.",
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="ads_ad_ends_after_it_starts",
                violation_error_message="The last day must not be before the first day.",
            ),
            models.CheckConstraint(condition=Q(url__startswith="https://"), name="ads_ad_url_is_https"),
            models.CheckConstraint(condition=Q(weight__gte=1), name="ads_ad_has_weight"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Normalize the URL's scheme, and refuse decorative images and links to Amazon."""
        scheme, separator, rest = self.url.partition("://")
        self.url = f"{scheme.lower()}{separator}{rest}"
        if self.image and self.image.is_decorative:
            raise ValidationError(
                {"image": "This image is marked as decorative, so the ad would be a link without a name."}
            )
        if is_amazon(host_of(self.url)):
            error = "Amazon requires direct links, but ads count clicks with a redirect. Use an affiliate link instead."
            raise ValidationError({"url": error})

    @property
    def alt(self) -> str:
        """Return the image's alt text, or the ad's name, so that the link always has a name."""
        return (self.image.alt if self.image else "") or self.name

    @property
    def status(self) -> str:
        """Return whether the ad runs today, and from or until when."""
        today = timezone.localdate()
        if not self.is_active:
            return "Off"
        if self.starts_on and self.starts_on > today:
            return f"From {format_date(self.starts_on)}"
        if self.ends_on and self.ends_on < today:
            return "Ended"
        return f"Until {format_date(self.ends_on)}" if self.ends_on else "Running"


def choose_ad(ads: list[Ad], placement: str, path: str, day: date) -> Ad | None:
    """Return one of `ads` for `placement` on the page at `path`, weighted; the same for all visitors of that day.

    Uses a hash instead of a random number, so that pages stay the same between requests and can be cached.
    """
    candidates = sorted((ad for ad in ads if ad.placement == placement), key=lambda ad: ad.pk)
    if not candidates:
        return None
    digest = hashlib.sha256(f"{day}\n{placement}\n{path}".encode("utf-8", "replace")).digest()
    remaining = int.from_bytes(digest[:8]) % sum(ad.weight for ad in candidates)
    for ad in candidates:
        remaining -= ad.weight
        if remaining < 0:
            return ad
    return None


class AdTotals(NamedTuple):
    """The impressions and clicks of an ad."""

    impressions: int
    clicks: int

    @property
    def click_rate(self) -> str:
        """Return the clicks as a percentage of the impressions, or a dash without impressions."""
        return f"{100 * self.clicks / self.impressions:.1f}%" if self.impressions else "–"


class AdCountQuerySet(DailyCountQuerySet["AdCount"]):
    """Count impressions and clicks, and add them up."""

    def totals(self) -> AdTotals:
        """Return the sums of impressions and clicks."""
        sums: dict[str, Any] = self.aggregate(
            impressions=Sum("impressions", default=0), clicks=Sum("clicks", default=0)
        )
        return AdTotals(sums["impressions"], sums["clicks"])


class AdCount(DailyCount):
    """The impressions and clicks of an ad on a day."""

    ad = models.ForeignKey(Ad, on_delete=models.CASCADE, related_name="counts")
    impressions = models.PositiveIntegerField(default=0)
    clicks = models.PositiveIntegerField(default=0)

    objects = AdCountQuerySet.as_manager()

    class Meta:
        """One row per ad and day."""

        ordering = ("-day",)
        constraints = [models.UniqueConstraint("ad", "day", name="ads_adcount_one_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.impressions} impressions, {self.clicks} clicks"
