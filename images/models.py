"""The image library, and videos from YouTube and Vimeo."""

from functools import partial
from pathlib import PurePath
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from imagefield.fields import ImageField, PPOIField

from images.rendition_formats import FAILED, FORMATS, FORMATS_HASH
from images.storage import delete_with_renditions
from images.uploads import process_upload
from richtext.references import Reference, ReferenceSource
from siteinfo.singletons import Singleton

MAX_SEARCH_WORDS = 8


class ImageQuerySet(models.QuerySet["Image"]):
    """Images by their content and use."""

    def needing_renditions(self) -> Self:
        """Return images without renditions, or with renditions in outdated formats."""
        return self.exclude(formats_hash__in=(FORMATS_HASH, FAILED)).with_file()

    def with_file(self) -> Self:
        """Return images whose file is in the library."""
        return self.filter(missing_url="")

    def without_file(self) -> Self:
        """Return images that texts use but whose file is still to be found."""
        return self.exclude(missing_url="")

    def search(self, query: str) -> Self:
        """Return images with each word of `query` in their title, alternative text or caption."""
        found = self
        for word in query.split()[:MAX_SEARCH_WORDS]:
            found = found.filter(
                models.Q(title__contains_folded=word)
                | models.Q(alt__contains_folded=word)
                | models.Q(caption__contains_folded=word)
            )
        return found

    def unused(self) -> Self:
        """Return images that nothing refers to."""
        references = Reference.objects.to_model(Image).filter(target_id=models.OuterRef("pk"))
        return self.exclude(models.Exists(references))

    def without_alt(self) -> Self:
        """Return images that still need alternative text. Decorative ones do not."""
        return self.filter(alt="", is_decorative=False)

    def create_from_upload(self, upload: File, **fields: Any) -> "Image":
        """Add an upload to the library, titled by its file name unless `title` is given.

        Raises ValidationError if the file is not a usable image.
        """
        title = fields.pop("title", "") or title_from_filename(upload.name or "")
        return self.create(file=process_upload(upload), title=title[:160], **fields)


class Image(models.Model):
    """An image in the library. `file` is the processed upload; see `images.uploads`."""

    file = ImageField(
        "image",
        upload_to="images",
        width_field="width",
        height_field="height",
        ppoi_field="focal_point",
        formats=FORMATS,
    )
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    focal_point = PPOIField("focal point")
    title = models.CharField(max_length=160, help_text="Helps you find the image. Visitors do not see it.")
    alt = models.CharField(
        "alternative text",
        max_length=300,
        blank=True,
        help_text="Describe what the image shows, in one sentence, for people who cannot see it.",
    )
    is_decorative = models.BooleanField(
        "decorative",
        default=False,
        help_text="Check this if the image adds no information. Screen readers will skip it.",
    )
    caption = models.CharField(max_length=300, blank=True, help_text="Suggested when you add the image to a text.")
    credit = models.CharField(max_length=160, blank=True, help_text="The photographer or illustrator, if not you.")
    description = models.TextField(blank=True, help_text="Notes about the image. Visitors do not see them.")
    # Where the file was, if an import did not find it. `file` is then a placeholder.
    missing_url = models.CharField(max_length=2000, blank=True, editable=False)
    # The hash of the formats in which its renditions were created.
    formats_hash = models.CharField(max_length=20, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # When it was added or last chosen. The picker shows recently used images first.
    last_used_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = ImageQuerySet.as_manager()
    # The file name and focal point in the database.
    _saved_state: tuple[str, str] | None = None
    # Set by the admin's list.
    reference_count: int

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_decorative=False) | models.Q(alt=""),
                name="images_image_decorative_has_no_alt",
            )
        ]
        indexes = [models.Index(fields=("-created_at", "-id"), name="images_image_newest")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Image":
        """Store the saved file and focal point, so that save() can detect changes."""
        image = super().from_db(*args, **kwargs)
        if {"file", "focal_point"} <= image.__dict__.keys():  # not if either is deferred
            image._saved_state = (image.file.name, image.focal_point)
        return image

    def clean(self) -> None:
        """Reject alternative text on a decorative image."""
        if self.is_decorative and self.alt:
            raise ValidationError(
                {"alt": "Decorative images have no alternative text. Clear this field or uncheck “Decorative”."}
            )

    def save(self, **kwargs: Any) -> None:
        """Save. A new file or focal point needs new renditions; a replaced file is deleted after the commit."""
        before = self._saved_state
        if before not in (None, (self.file.name, self.focal_point)):
            self.formats_hash = ""
        if before and before[0] != self.file.name:
            self.missing_url = ""
        super().save(**kwargs)
        self._saved_state = (self.file.name, self.focal_point)
        if before and before[0] != self.file.name:
            # A file that cannot be deleted now stays, but the image is saved.
            transaction.on_commit(partial(remove_unused_file, before[0]), robust=True)

    @property
    def has_renditions(self) -> bool:
        """Whether the renditions exist and match the current formats."""
        return self.formats_hash == FORMATS_HASH

    @property
    def is_missing(self) -> bool:
        """Whether the file is still to be found."""
        return bool(self.missing_url)

    @property
    def file_size(self) -> int:
        """The size of the stored file in bytes; 0 if it is missing."""
        try:
            return self.file.size
        except OSError:
            return 0

    @property
    def needs_alt(self) -> bool:
        """Whether alternative text is missing, as in `ImageQuerySet.without_alt()`."""
        return not self.alt and not self.is_decorative


# A signal, because querysets delete without calling Image.delete().
@receiver(post_delete, sender=Image)
def _delete_files(instance: Image, **kwargs: Any) -> None:
    transaction.on_commit(partial(remove_unused_file, instance.file.name), robust=True)


def remove_unused_file(name: str) -> None:
    """Delete the stored file `name` and its renditions, unless an image in the library still uses the file.

    Renditions of earlier focal points stay until then, because feeds and other sites may show them.
    """
    if name and not Image.objects.filter(file=name).exists():
        delete_with_renditions(Image(width=1, height=1, file=name).file)


def title_from_filename(name: str) -> str:
    """Return a readable title made from a file's name, without folder and extension."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return " ".join(stem.replace("-", " ").replace("_", " ").split()).capitalize() or "Image"


class MediaFile(models.Model):
    """A file that visitors download from a link in a text: a document, a recording or a video."""

    file = models.FileField(upload_to="files", max_length=200)
    name = models.CharField(max_length=200, help_text="The file's name when it was added.")
    title = models.CharField(max_length=200, blank=True, help_text="Helps you find the file.")
    content_type = models.CharField(max_length=100, editable=False)
    size = models.PositiveBigIntegerField(editable=False)
    # The SHA-256 hex digest of the content, so that no file is stored twice.
    digest = models.CharField(max_length=64, editable=False, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    # By people. The view that counts is above this app.
    download_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "file"

    def __str__(self) -> str:
        return self.title or self.name

    def get_absolute_url(self) -> str:
        """Return the URL that counts the download."""
        return reverse("file_download", args=[self.pk, self.name])

    @property
    def description(self) -> str:
        """The type and the size, such as "PDF, 1.2 MB"."""
        return f"{PurePath(self.name).suffix.lstrip('.').upper()}, {filesizeformat(self.size)}"


# A signal, because querysets delete without calling MediaFile.delete().
@receiver(post_delete, sender=MediaFile)
def _delete_media_file(instance: MediaFile, **kwargs: Any) -> None:
    transaction.on_commit(partial(instance.file.storage.delete, str(instance.file.name)), robust=True)


class Video(ReferenceSource):
    """A video on another site. Visitors see a thumbnail from this site; the player loads only after a click."""

    reference_fields = ("thumbnail",)

    class Provider(models.TextChoices):
        """The sites whose videos can be embedded."""

        YOUTUBE = "youtube", "YouTube"
        VIMEO = "vimeo", "Vimeo"

    provider = models.CharField(max_length=10, choices=Provider, editable=False)
    # The provider's ID; for unlisted Vimeo videos with their secret, as "123/abc".
    key = models.CharField(max_length=40, editable=False)
    title = models.CharField(
        max_length=200, blank=True, help_text="Shown on the thumbnail and read out by screen readers."
    )
    thumbnail = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="videos",
        verbose_name="thumbnail",
        help_text="Shown until someone plays the video.",
    )
    has_captions = models.BooleanField(
        "has captions",
        default=False,
        help_text="Check this if the video has captions that you have read, or if nobody speaks in it.",
    )
    transcript = models.TextField(
        blank=True, help_text="What is said and shown, for people who are deaf or blind. Shown below the video."
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
    def url(self) -> str:
        """The URL of the video's page."""
        return self.url_at(0)

    def url_at(self, start: int) -> str:
        """Return the URL of the video's page that plays from the second `start`."""
        if self.provider == self.Provider.YOUTUBE:
            return f"https://www.youtube.com/watch?v={self.key}" + (f"&t={start}s" if start else "")
        return f"https://vimeo.com/{self.key}" + (f"#t={start}s" if start else "")

    def player_url(self, start: int = 0) -> str:
        """Return the URL of the player for an iframe, without cookies where the provider offers that."""
        if self.provider == self.Provider.YOUTUBE:
            return f"https://www.youtube-nocookie.com/embed/{self.key}" + (f"?start={start}" if start else "")
        number, _, secret = self.key.partition("/")
        url = f"https://player.vimeo.com/video/{number}?dnt=1" + (f"&h={secret}" if secret else "")
        return url + (f"#t={start}s" if start else "")


class SiteImages(ReferenceSource, Singleton):
    """The images that stand for the whole site."""

    reference_fields = ("logo", "icon", "hero_image", "share_image")

    logo = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Shown at the top of every page instead of the drawn mark. Best is a drawing on a transparent ground "
        "that can be seen on light and dark.",
    )
    icon = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Shown in browser tabs, bookmarks, search results and on home screens. Best is a square logo, at "
        "least 512 pixels wide. Photos are cropped around their focal point. Browsers may show the old icon for a day.",
    )
    hero_image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="hero image",
        help_text="Beside the heading of the home page, instead of the drawing. Its alternative text is read out.",
    )
    share_image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="default share image",
        help_text="Shown with links to pages without an image. Without it, an image is drawn with the page's title.",
    )

    class Meta:
        verbose_name = "logo and site images"
        verbose_name_plural = "logo and site images"

    def __str__(self) -> str:
        return "Logo and site images"

    @classmethod
    def load(cls) -> Self:
        """Return the row with its images, or an unsaved instance if there is none. One query."""
        return cls._default_manager.select_related(*cls.reference_fields).first() or cls()
