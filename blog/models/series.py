"""Series: guides in several parts, each of which is a post."""

from typing import Any

from django.db import models
from django.urls import reverse

from images.models import Image
from plaintext.slugs import UnicodeSlugField
from redirects import services
from richtext.references import ReferenceSource


class Series(ReferenceSource):
    """A guide in several parts. The posts of the series are its parts."""

    reference_fields = ("image",)

    title = models.CharField(max_length=200, help_text="Shown to visitors, such as “Back to running in six weeks”.")
    slug = UnicodeSlugField(
        max_length=200,
        unique=True,
        help_text="The last part of the series' URL. Filled in from the title.",
    )
    description = models.TextField(
        blank=True, help_text="One or two sentences at the top of its page: who it is for and what it helps with."
    )
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="series",
        help_text="Shown when someone shares the series.",
    )

    class Meta:
        """Sorted by title."""

        ordering = ("title",)
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the URL of its list of parts."""
        return reverse("blog:series", args=[self.slug])

    def save(self, **kwargs: Any) -> None:
        """Save, and redirect the old URL if the slug changed."""
        with services.track_path_change(self):
            super().save(**kwargs)
