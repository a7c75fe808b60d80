"""How visitors find posts and exercises: by body region, condition and goal."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property

from exercises.body_parts import BodyPart
from plaintext.characters import strip_control_characters
from plaintext.slugs import UnicodeSlugField, slugify
from redirects import services

MAX_RED_FLAGS = 12


class FinderEntry(models.Model):
    """Abstract base of what visitors choose to find posts and exercises."""

    # The name of the field that assigns posts and exercises to it, and of its page.
    field_name: ClassVar[str]
    url_name: ClassVar[str]

    name = models.CharField(max_length=60, unique=True, help_text="As visitors call it.")
    slug = UnicodeSlugField(
        max_length=60, unique=True, blank=True, help_text="The last part of its URL. Filled in from the name."
    )
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")
    introduction = models.TextField(
        blank=True, max_length=1000, help_text="One or two plain sentences at the top of its page."
    )

    class Meta:
        """Sorted by position."""

        abstract = True
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Save, with a slug, and redirect the old URL if the slug changed."""
        self.name, self.introduction = map(strip_control_characters, (self.name, self.introduction))
        self.slug = self.slug or slugify(self.name, 60) or type(self).__name__.lower()
        with services.track_path_change(self):
            super().save(**kwargs)

    def get_absolute_url(self) -> str:
        """Return the URL of its page, which exists if it has public posts or exercises."""
        return reverse(self.url_name, args=[self.slug])


class BodyRegion(FinderEntry):
    """A part of the body that posts and exercises are about."""

    field_name = "body_regions"
    url_name = "blog:body_region"

    name = models.CharField(max_length=60, unique=True, help_text="As visitors call it, such as “Lower back”.")
    red_flags = models.TextField(
        blank=True,
        max_length=2000,
        help_text="Signs that need a professional, one per line, the gravest first. They come first on its page "
        "and on the pages of its exercises.",
    )
    parts = models.JSONField(
        "parts of the drawing", default=list, blank=True, help_text="The parts of the body that link to this region."
    )
    anatomical_name = models.CharField(
        max_length=120,
        blank=True,
        help_text="For search engines, such as “Lumbar region”. Leave empty to use the name.",
    )

    class Meta(FinderEntry.Meta):
        """The name in the admin."""

        verbose_name = "body region"

    def clean(self) -> None:
        """Let each part of the drawing lead to one region."""
        super().clean()
        if len(self.red_flag_list) > MAX_RED_FLAGS:
            raise ValidationError({"red_flags": f"Enter at most {MAX_RED_FLAGS} signs, so that people read them."})
        if not isinstance(self.parts, list) or any(part not in BodyPart.values for part in self.parts):
            raise ValidationError({"parts": "Choose parts of the drawing."})
        for other in BodyRegion.objects.exclude(pk=self.pk):
            if taken := [BodyPart(part).label for part in self.drawn_parts if part in other.drawn_parts]:
                raise ValidationError({"parts": f"“{taken[0]}” leads to “{other}” already. Choose it for one region."})

    @property
    def red_flag_list(self) -> list[str]:
        """The signs that need a professional."""
        return [line.strip() for line in self.red_flags.splitlines() if line.strip()]

    @property
    def drawn_parts(self) -> list[str]:
        """The parts of the drawing that link to this region, from head to toe."""
        return [part for part in BodyPart.values if part in self.parts]


class Condition(FinderEntry):
    """What someone has, in words that they would search for."""

    field_name = "conditions"
    url_name = "blog:condition"

    name = models.CharField(max_length=60, unique=True, help_text="As visitors call it, such as “Tennis elbow”.")


class Goal(FinderEntry):
    """What someone wants to reach."""

    field_name = "goals"
    url_name = "blog:goal"

    name = models.CharField(max_length=60, unique=True, help_text="What visitors want, such as “Get back to running”.")


class FinderContent(models.Model):
    """Abstract base of what visitors find by body region, condition and goal."""

    body_regions = models.ManyToManyField(
        BodyRegion,
        blank=True,
        related_name="%(class)ss",
        help_text="Where it hurts. Visitors find this under “Where does it hurt?”.",
    )
    conditions = models.ManyToManyField(
        Condition, blank=True, related_name="%(class)ss", help_text="What it is about, such as “Tennis elbow”."
    )
    goals = models.ManyToManyField(
        Goal, blank=True, related_name="%(class)ss", help_text="What it helps with, such as “Get back to running”."
    )

    class Meta:
        """Not a table."""

        abstract = True

    @cached_property
    def finder_entries(self) -> list[FinderEntry]:
        """The body regions, conditions and goals that it is assigned to."""
        return [*self.body_regions.all(), *self.conditions.all(), *self.goals.all()]
