"""The image library: one row a picture, with its words, its focal point and the state of its renditions."""

from typing import Any

from django.db import models
from imagefield.fields import ImageField, PPOIField

from images import renditions


class ImageQuerySet(models.QuerySet["Image"]):
    """Which pictures to show or to work on."""

    def awaiting_renditions(self) -> "ImageQuerySet":
        """Pictures whose renditions are missing or made by other rules than today's."""
        return self.exclude(renditions__in=(renditions.RULES, renditions.FAILED))

    def matching(self, words: str) -> "ImageQuerySet":
        """Pictures whose title, alternative text or caption holds each of `words`."""
        found = self
        for word in words.split()[:8]:
            found = found.filter(
                models.Q(title__icontains=word) | models.Q(alt__icontains=word) | models.Q(caption__icontains=word)
            )
        return found


class Image(models.Model):
    """A picture of the library. `file` is what images.uploads made of the upload."""

    file = ImageField(
        "picture",
        upload_to="images",
        width_field="width",
        height_field="height",
        ppoi_field="focal_point",
        formats=renditions.FORMATS,
    )
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    focal_point = PPOIField("focal point")
    title = models.CharField(max_length=160, help_text="To find it again in the library. Readers do not see it.")
    alt = models.CharField(
        "alternative text",
        max_length=300,
        blank=True,
        help_text="What the picture shows, for those who cannot see it. Leave empty if it is only decoration.",
    )
    caption = models.CharField(max_length=300, blank=True, help_text="Offered when you place the picture in a text.")
    credit = models.CharField(max_length=160, blank=True, help_text="Who made it, if it was not you.")
    renditions = models.CharField(max_length=20, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ImageQuerySet.as_manager()
    _loaded: tuple[str, str] | None = None

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.title

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Image":
        image = super().from_db(*args, **kwargs)
        if {"file", "focal_point"} <= image.__dict__.keys():  # not while either is deferred
            image._loaded = (image.file.name, image.focal_point)
        return image

    def save(self, **kwargs: Any) -> None:
        if self._loaded not in (None, (self.file.name, self.focal_point)):
            self.renditions = ""
        super().save(**kwargs)

    @property
    def has_renditions(self) -> bool:
        """Whether today's renditions are stored."""
        return self.renditions == renditions.RULES
