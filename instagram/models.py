"""The Instagram strip: posts from an Instagram account with local images, so that visitors load nothing from Meta."""

from datetime import timedelta
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from images.models import Image
from richtext.references import ReferenceSource
from siteinfo.local_time import format_day
from siteinfo.singletons import Singleton

MAX_IMAGES = 12
MAX_CAPTION_LENGTH = 2200  # Instagram's limit
# Shorter failures usually end without the author doing anything.
FAILURE_GRACE_PERIOD = timedelta(days=2)
# A token can be refreshed when it is at least a day old, and before it expires.
MIN_TOKEN_AGE = timedelta(days=1)


class InstagramSettings(Singleton):
    """The look of the strip and the connection to Instagram. The access token never appears in a form, log or page."""

    title = models.CharField(max_length=60, default="Follow along", help_text="The heading above the strip.")
    image_count = models.PositiveSmallIntegerField(
        "number of images",
        default=6,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_IMAGES)],
        help_text=f"From 1 to {MAX_IMAGES}. Six images fill one row.",
    )
    access_token = models.CharField(max_length=1000, blank=True, editable=False)
    token_expires_at = models.DateTimeField(null=True, editable=False)
    refresh_token_at = models.DateTimeField(null=True, editable=False)
    next_fetch_at = models.DateTimeField(null=True, editable=False)
    fetched_at = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    is_token_rejected = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = "Instagram settings"
        verbose_name_plural = "Instagram settings"

    def __str__(self) -> str:
        return "Instagram settings"

    def set_access_token(self, token: str) -> None:
        """Use `token` from now on; an empty one stops fetching. Does not save."""
        now = timezone.now()
        self.access_token, self.is_token_rejected = token, False
        self.token_expires_at = self.failing_since = self.next_fetch_at = self.fetched_at = None
        # Its age is unknown, and it may be about to expire, so refresh it as early as possible.
        self.refresh_token_at = now + MIN_TOKEN_AGE if token else None

    @property
    def problem(self) -> str:
        """Why no new images arrive, as a message for the author. Empty if there is no problem."""
        if not self.access_token:
            return ""
        if self.is_token_rejected:
            return (
                "Instagram no longer accepts the access token. The strip keeps its images. To get new ones, generate a "
                "new token and enter it in the settings."
            )
        if self.failing_since and self.failing_since < timezone.now() - FAILURE_GRACE_PERIOD:
            since = format_day(self.failing_since)
            return (
                f"Fetching from Instagram has failed since {since}. The strip keeps its images, and we'll keep trying."
            )
        return ""


class InstagramPostQuerySet(models.QuerySet["InstagramPost"]):
    """Posts in the order of the strip."""

    def in_order(self) -> Self:
        """Order by position; posts without one follow, newest first."""
        return self.order_by(F("position").asc(nulls_last=True), "-posted_at", "-pk")

    def visible(self) -> Self:
        """Return the posts that the strip may show, in order, with their images."""
        return self.filter(is_visible=True).select_related("image").in_order()


class InstagramPost(ReferenceSource):
    """A post in the strip: an image from the library, a caption, and the URL of the post on Instagram."""

    reference_fields = ("image",)

    class Source(models.TextChoices):
        """Where the post came from."""

        MANUAL = "manual", "Added by hand"
        ARCHIVE = "archive", "Account archive"
        API = "api", "Instagram API"

    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        related_name="instagram_posts",
        help_text="Cropped to a square. Describe it in its alternative text.",
    )
    caption = models.TextField(
        max_length=MAX_CAPTION_LENGTH, blank=True, help_text="Shown below the image, at most two lines."
    )
    url = models.URLField(
        "URL",
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["https"])],
        help_text="The URL of the post on Instagram, starting with https://. If empty, the image links to your "
        "profile.",
    )
    posted_at = models.DateTimeField(default=timezone.now, help_text="The newest posts come first.")
    position = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Posts with a number come first, lowest number first. Leave empty to sort by date.",
    )
    is_visible = models.BooleanField(
        "visible",
        default=True,
        help_text="Uncheck to hide the image from the strip. If you delete one that was fetched from Instagram, it may "
        "be fetched again.",
    )
    source = models.CharField(max_length=10, choices=Source, default=Source.MANUAL, editable=False)
    # The ID in the API, or the key in the archive.
    external_id = models.CharField(max_length=120, blank=True, editable=False)

    objects = InstagramPostQuerySet.as_manager()

    class Meta:
        verbose_name = "Instagram post"
        constraints = [
            models.UniqueConstraint(
                "source", "external_id", condition=~Q(external_id=""), name="instagram_post_unique_external_id"
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__startswith="https://"), name="instagram_post_url_is_https"
            ),
        ]

    def __str__(self) -> str:
        label = " ".join(self.caption.split()) or str(self.image)
        return label if len(label) <= 60 else f"{label[:59]}…"

    @property
    def alt(self) -> str:
        """Return the alternative text; empty if there is none and the caption describes the image."""
        return self.image.alt or ("" if self.caption else "An image from Instagram")
