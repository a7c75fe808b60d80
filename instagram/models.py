"""The follow-along strip: pictures of an account elsewhere, kept here, so that readers ask nobody else for them."""

from datetime import timedelta
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import F, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format

from images.models import Image
from richtext.references import ReferenceSource
from siteinfo.singletons import Singleton

MOST_SHOWN = 12
USUALLY_SHOWN = 6
LONGEST_CAPTION = 2200  # Instagram's own limit
# A silence shorter than this heals by itself most of the time.
PATIENCE = timedelta(days=2)


class FollowSettings(Singleton):
    """How the strip looks and where it is filled from. The token stands in no form, log or page."""

    title = models.CharField(max_length=60, default="Follow along", help_text="The words above the strip.")
    count = models.PositiveSmallIntegerField(
        "pictures",
        default=USUALLY_SHOWN,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_SHOWN)],
        help_text=f"How many the strip shows, from 1 to {MOST_SHOWN}. Six fill one row.",
    )
    token = models.CharField(max_length=1000, blank=True, editable=False)
    # A token can be renewed when it is a day old, and not after its 60 days.
    token_ends_at = models.DateTimeField(null=True, editable=False)
    renew_at = models.DateTimeField(null=True, editable=False)
    ask_at = models.DateTimeField(null=True, editable=False)
    fetched_at = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    is_refused = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = "follow-along settings"
        verbose_name_plural = "follow-along settings"

    def __str__(self) -> str:
        return "Follow-along settings"

    def use_token(self, token: str) -> None:
        """From now on ask with `token`, or not at all if it is empty. Not saved yet."""
        now = timezone.now()
        self.token, self.is_refused = token, False
        self.token_ends_at = self.failing_since = self.ask_at = self.fetched_at = None
        # It may be nearly 60 days old already, so it is renewed as soon as it surely is one day old.
        self.renew_at = now + timedelta(days=1) if token else None

    @property
    def trouble(self) -> str:
        """What keeps new pictures from coming, in a sentence for the author; empty if nothing does."""
        if not self.token:
            return ""
        if self.is_refused:
            return (
                "Instagram does not accept the token any more. The strip keeps its pictures; for new ones, make a new "
                "token and put it into the settings."
            )
        if self.failing_since and self.failing_since < timezone.now() - PATIENCE:
            since = date_format(timezone.localtime(self.failing_since), "F j")
            return f"Instagram has given no usable answer since {since}. The strip keeps its pictures; we go on asking."
        return ""


class ShotQuerySet(models.QuerySet["Shot"]):
    """Which squares stand in the strip."""

    def in_order(self) -> Self:
        """The numbered ones first, then the newest."""
        return self.order_by(F("position").asc(nulls_last=True), "-taken_at", "-pk")

    def strip(self) -> "list[Shot]":
        """As many as the settings say, with their pictures; each knows the strip's `title`. One query."""
        settings = FollowSettings.objects.order_by("pk")
        shots = (
            self.filter(is_shown=True)
            .select_related("picture")
            .annotate(
                count=Coalesce(Subquery(settings.values("count")[:1]), USUALLY_SHOWN),
                title=Coalesce(Subquery(settings.values("title")[:1]), models.Value("Follow along")),
            )
        )
        found: list[Any] = list(shots.in_order()[:MOST_SHOWN])
        return found[: found[0].count] if found else []


class Shot(ReferenceSource):
    """A square of the strip: a picture of the library with its words, and where it was first shown."""

    reference_fields = ("picture",)

    class Source(models.TextChoices):
        HAND = "hand", "By hand"
        ARCHIVE = "archive", "From the archive"
        API = "api", "From Instagram"

    picture = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        related_name="shots",
        help_text="Shown as a square. Its alternative text says what it shows.",
    )
    caption = models.TextField(
        max_length=LONGEST_CAPTION, blank=True, help_text="Shown under the picture; long ones are cut after two lines."
    )
    link = models.URLField(
        "address",
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["https"])],
        help_text="The address of the post on Instagram, starting with https://. Left empty, the picture leads to your "
        "profile.",
    )
    taken_at = models.DateTimeField("posted", default=timezone.now, help_text="The newest stands first.")
    position = models.PositiveSmallIntegerField(
        "place",
        null=True,
        blank=True,
        help_text="A number keeps it at the beginning, 1 before 2. Left empty, it is sorted by date.",
    )
    is_shown = models.BooleanField(
        "shown",
        default=True,
        help_text="Untick it to take the picture out of the strip. One that came from Instagram would come again if "
        "you deleted it.",
    )
    source = models.CharField(max_length=10, choices=Source, default=Source.HAND, editable=False)
    external_id = models.CharField(max_length=120, blank=True, editable=False)

    objects = ShotQuerySet.as_manager()

    class Meta:
        verbose_name = "picture of the strip"
        verbose_name_plural = "pictures of the strip"
        constraints = [
            models.UniqueConstraint(
                "source", "external_id", condition=~Q(external_id=""), name="instagram_shot_comes_once"
            ),
            models.CheckConstraint(
                condition=Q(link="") | Q(link__startswith="https://"), name="instagram_shot_link_is_https"
            ),
        ]

    def __str__(self) -> str:
        words = " ".join(self.caption.split()) or str(self.picture)
        return words if len(words) <= 60 else f"{words[:59]}…"

    @property
    def alt(self) -> str:
        """What stands for the picture: its own words; nothing if the caption beside it says enough."""
        return self.picture.alt or ("" if self.caption else "A picture from Instagram")
