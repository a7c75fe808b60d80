"""What visitors get for signing up for the newsletter with the form of a post."""

from django.core.exceptions import ValidationError
from django.db import models

from images.models import MediaFile

GIFT_FIELDS = ("gift", "gift_file")


class GiftKind(models.TextChoices):
    """What is sent."""

    NONE = "", "Nothing"
    SHEET = "sheet", "The exercises of this post on one sheet"
    FILE = "file", "A file of the library"


class GivesGift(models.Model):
    """Abstract base of posts: the gift that their sign-up forms promise."""

    gift = models.CharField(
        "gift for signing up",
        max_length=5,
        choices=GiftKind,
        blank=True,
        default=GiftKind.NONE,
        help_text="The newsletter's forms in this post promise it. It is emailed after the address is confirmed, once "
        "to each person, as a link that works for 30 days.",
    )
    gift_file = models.ForeignKey(
        MediaFile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="gift_of",
        verbose_name="file",
        help_text="Only for “A file of the library”.",
    )

    class Meta:
        abstract = True

    def clean_gift(self) -> None:
        """Check that a file is chosen if one is promised."""
        if self.gift == GiftKind.FILE and self.gift_file is None:
            raise ValidationError({"gift_file": "Choose the file that people get."})
