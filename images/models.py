"""The image library: one row a picture, with its words, its focal point and the state of its renditions.

Beside it the videos of other sites that texts show, each with a picture of our own.
"""

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from imagefield.fields import ImageField, PPOIField

from images import renditions
from images.uploads import prepare
from richtext.references import Reference, ReferenceSource


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

    def unused(self) -> "ImageQuerySet":
        """Pictures that nothing on the site shows."""
        references = Reference.objects.to_model(Image).filter(target_id=models.OuterRef("pk"))
        return self.exclude(models.Exists(references))

    def without_words(self) -> "ImageQuerySet":
        """Pictures whose alternative text is still missing: decoration needs none."""
        return self.filter(alt="", is_decorative=False)

    def add_upload(self, upload: File, **fields: Any) -> "Image":
        """Put an upload into the library, titled by its file's name. ValidationError says why it is refused."""
        title = fields.pop("title", "") or title_from(upload.name or "")
        return self.create(file=prepare(upload), title=title[:160], **fields)


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
        help_text="What the picture shows, for those who cannot see it. One sentence is enough.",
    )
    is_decorative = models.BooleanField(
        "only decoration",
        default=False,
        help_text="The picture says nothing that the words around it do not say. Screen readers pass it over.",
    )
    caption = models.CharField(max_length=300, blank=True, help_text="Offered when you place the picture in a text.")
    credit = models.CharField(max_length=160, blank=True, help_text="Who made it, if it was not you.")
    renditions = models.CharField(max_length=20, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # When it was added or last chosen: the picker shows those first.
    recent_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = ImageQuerySet.as_manager()
    _loaded: tuple[str, str] | None = None
    # Set by the admin's list.
    reference_count: int

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "picture"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_decorative=False) | models.Q(alt=""),
                name="images_image_decoration_has_no_words",
            )
        ]
        indexes = [models.Index(fields=("-created_at", "-id"), name="images_image_newest")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Image":
        image = super().from_db(*args, **kwargs)
        if {"file", "focal_point"} <= image.__dict__.keys():  # not while either is deferred
            image._loaded = (image.file.name, image.focal_point)
        return image

    def clean(self) -> None:
        if self.is_decorative and self.alt:
            raise ValidationError({"alt": "Decoration has no words. Empty this field, or untick “Only decoration”."})

    def save(self, **kwargs: Any) -> None:
        """Save; another file or focal point asks for new renditions, and a replaced file goes once that is certain."""
        before = self._loaded
        if before not in (None, (self.file.name, self.focal_point)):
            self.renditions = ""
        super().save(**kwargs)
        self._loaded = (self.file.name, self.focal_point)
        if before and before[0] != self.file.name:
            transaction.on_commit(partial(renditions.remove, before[0]))

    @property
    def has_renditions(self) -> bool:
        """Whether today's renditions are stored."""
        return self.renditions == renditions.RULES

    @property
    def file_size(self) -> int:
        """Bytes of the stored file; 0 when it is missing."""
        try:
            return self.file.size
        except OSError:
            return 0

    @property
    def lacks_words(self) -> bool:
        """The rule of `ImageQuerySet.without_words()` for one picture."""
        return not self.alt and not self.is_decorative


# A signal, since querysets delete without calling the model.
@receiver(post_delete, sender=Image)
def _remove_files(instance: Image, **kwargs: Any) -> None:
    transaction.on_commit(partial(renditions.remove, instance.file.name))


def title_from(name: str) -> str:
    """A readable title made of a file's `name`: without folder and extension."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return " ".join(stem.replace("-", " ").replace("_", " ").split()).capitalize() or "Picture"


class Video(ReferenceSource):
    """A video on another site. Readers see our own picture of it, and nothing of that site before they click."""

    reference_fields = ("thumbnail",)

    class Provider(models.TextChoices):
        YOUTUBE = "youtube", "YouTube"
        VIMEO = "vimeo", "Vimeo"

    provider = models.CharField(max_length=10, choices=Provider, editable=False)
    key = models.CharField(max_length=40, editable=False)
    title = models.CharField(
        max_length=200, blank=True, help_text="Readers see it on the picture, and screen readers say it."
    )
    thumbnail = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="videos",
        verbose_name="picture",
        help_text="Shown until somebody plays the video.",
    )

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint("provider", "key", name="images_video_unique"),
            models.CheckConstraint(
                condition=models.Q(provider__in=("youtube", "vimeo")), name="images_video_provider_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"Video on {self.get_provider_display()}"

    @property
    def address(self) -> str:
        """The video's own page."""
        if self.provider == self.Provider.YOUTUBE:
            return f"https://www.youtube.com/watch?v={self.key}"
        return f"https://vimeo.com/{self.key}"

    @property
    def player(self) -> str:
        """What a frame shows to play it, without cookies where the site offers that."""
        if self.provider == self.Provider.YOUTUBE:
            return f"https://www.youtube-nocookie.com/embed/{self.key}"
        number, _, secret = self.key.partition("/")
        return f"https://player.vimeo.com/video/{number}?dnt=1" + (f"&h={secret}" if secret else "")
