"""Exercises: one row each, shown by all texts that embed it."""

from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Author
from exercises.dose import Dose
from exercises.models.finder import FinderContent
from images.models import Image, Video
from plaintext.slugs import UnicodeSlugField
from redirects import services
from richtext.references import ReferenceSource

MAX_STEPS = 12
# More do not fit below the images of a sheet.
MAX_DAY_ROWS = 3


class ExerciseQuerySet(models.QuerySet["Exercise"]):
    """Exercises by their status."""

    def published(self) -> Self:
        """Filter by exercises that visitors see."""
        return self.filter(status=Exercise.Status.PUBLISHED)

    def for_cards(self) -> Self:
        """Load what a card shows, in a constant number of queries."""
        return self.select_related("easier", "harder", "video__thumbnail").prefetch_related("images__image")


class Exercise(FinderContent, ReferenceSource):
    """An exercise with its dose. Changing it changes all texts that show its card."""

    reference_fields = ("video",)

    class Status(models.TextChoices):
        """Whether visitors see the exercise."""

        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

    class Sides(models.TextChoices):
        """Whether each side of the body does the sets."""

        TOGETHER = "together", "Both sides together"
        EACH = "each", "Each side"

    name = models.CharField(max_length=120, help_text="As visitors should see it, such as “Bridge”.")
    slug = UnicodeSlugField(
        max_length=120, unique=True, help_text="The last part of its URL: /exercises/…/. Filled in from the name."
    )
    status = models.CharField(
        max_length=10,
        choices=Status,
        default=Status.DRAFT,
        help_text="Visitors see cards of published exercises only, also in posts that are published.",
    )
    author = models.ForeignKey(
        Author,
        on_delete=models.PROTECT,
        related_name="exercises",
        help_text="Who is responsible for it. Shown on its page and on printed sheets.",
    )
    goal = models.CharField(
        max_length=200, blank=True, help_text="What it is good for, in one sentence: “Stronger hips for stairs.”"
    )
    steps = models.TextField(
        blank=True, help_text="One step per line, each one movement. Steps are numbered for you. At most 12."
    )

    sets = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(20)], help_text="From 1 to 20."
    )
    repetitions = models.PositiveSmallIntegerField(
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="In each set, from 1 to 100.",
    )
    hold_seconds = models.PositiveSmallIntegerField(
        "hold",
        default=0,
        validators=[MaxValueValidator(600)],
        help_text="Seconds to hold each repetition. 0 if there is nothing to hold.",
    )
    rest_seconds = models.PositiveSmallIntegerField(
        "rest", default=30, validators=[MaxValueValidator(600)], help_text="Seconds to rest between sets."
    )
    sides = models.CharField(
        max_length=10,
        choices=Sides,
        default=Sides.TOGETHER,
        help_text="With “Each side”, every set is done on one side and then on the other.",
    )
    times_per_day = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(10)], help_text="From 1 to 10."
    )
    days_per_week = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(1), MaxValueValidator(7)], help_text="From 1 to 7."
    )

    equipment = models.CharField(
        max_length=200, blank=True, help_text="What one needs, such as “A chair without wheels”. Empty for nothing."
    )
    cautions = models.TextField(
        blank=True, help_text="What to take care of, one point per line. Shown before the steps."
    )
    stop_if = models.CharField(
        "stop if",
        max_length=300,
        blank=True,
        help_text="One line that continues “Stop if”: “the pain shoots down your leg. Call us before you go on.”",
    )
    easier = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="easier version",
        help_text="Another exercise, for days when this one is too much.",
    )
    harder = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="harder version",
        help_text="Another exercise, for when this one has become easy.",
    )
    video = models.ForeignKey(
        Video,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="exercises",
        help_text="Needs captions or a transcript, for people who are deaf.",
    )
    has_captions = models.BooleanField(
        "the video has captions",
        default=False,
        help_text="Only if you checked them: automatic captions get names of muscles wrong.",
    )
    transcript = models.TextField(
        blank=True, help_text="What is said and shown in the video, in plain text. Shown below the video."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    objects = ExerciseQuerySet.as_manager()

    class Meta:
        """Sorted by name."""

        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft") | ~Q(goal="") & ~Q(steps="") & ~Q(stop_if=""),
                name="exercises_exercise_published_is_complete",
                violation_error_message="A published exercise needs a goal, steps and a “stop if” line.",
            ),
            models.CheckConstraint(
                condition=Q(video=None) | Q(has_captions=True) | ~Q(transcript=""),
                name="exercises_exercise_video_is_accessible",
                violation_error_message="Enter a transcript of the video, or confirm that it has captions.",
            ),
            models.CheckConstraint(
                condition=Q(
                    sets__range=(1, 20),
                    repetitions__range=(1, 100),
                    hold_seconds__lte=600,
                    rest_seconds__lte=600,
                    times_per_day__range=(1, 10),
                    days_per_week__range=(1, 7),
                ),
                name="exercises_exercise_dose_is_possible",
                violation_error_message="Check the dose: one of its numbers is too small or too large.",
            ),
            models.CheckConstraint(
                condition=(Q(easier=None) | ~Q(easier=F("pk"))) & (Q(harder=None) | ~Q(harder=F("pk"))),
                name="exercises_exercise_is_not_its_own_version",
                violation_error_message="An exercise cannot be an easier or harder version of itself.",
            ),
            models.CheckConstraint(
                condition=Q(easier=None) | Q(harder=None) | ~Q(easier=F("harder")),
                name="exercises_exercise_versions_differ",
                violation_error_message="The easier and the harder version cannot be the same exercise.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the URL of its page."""
        return reverse("exercises:exercise_detail", args=[self.slug])

    def clean(self) -> None:
        """Require what visitors need, each with a sentence at its field."""
        super().clean()
        errors: dict[str, str] = {}
        if len(self.step_list) > MAX_STEPS:
            errors["steps"] = f"Describe the exercise in {MAX_STEPS} steps or fewer. It has {len(self.step_list)}."
        if self.is_published:
            errors |= {name: message for name, message in _REQUIRED.items() if not getattr(self, name).strip()}
        if self.video_id and not self.has_captions and not self.transcript.strip():
            errors["transcript"] = "Enter a transcript of the video, or confirm that it has captions."
        if errors:
            raise ValidationError(errors)

    def save(self, **kwargs: Any) -> None:
        """Save, and redirect the old URL if the slug of a published exercise changed."""
        with services.track_path_change(self):
            super().save(**kwargs)

    @classmethod
    def public_rows(cls) -> ExerciseQuerySet:
        """Return the exercises that visitors see."""
        return cls.objects.published()

    @property
    def is_published(self) -> bool:
        """Whether visitors see the exercise."""
        return self.status == self.Status.PUBLISHED

    @property
    def status_label(self) -> str:
        """The status, as lists of the admin show it."""
        return str(self.get_status_display())

    @property
    def step_list(self) -> list[str]:
        """The steps in order."""
        return _lines(self.steps)

    @property
    def caution_list(self) -> list[str]:
        """What to take care of."""
        return _lines(self.cautions)

    @property
    def sheet_notes(self) -> list[str]:
        """What a sheet says after the steps: equipment and cautions, as sentences."""
        equipment = [f"You need: {self.equipment}"] if self.equipment else []
        return [text if text.endswith((".", "!", "?")) else f"{text}." for text in equipment + self.caution_list]

    @property
    def day_rows(self) -> range:
        """The rows of boxes on a sheet, one for each time of the day."""
        return range(min(self.times_per_day, MAX_DAY_ROWS))

    @property
    def dose(self) -> Dose:
        """How often and how long."""
        return Dose(
            sets=self.sets,
            repetitions=self.repetitions,
            hold_seconds=self.hold_seconds,
            rest_seconds=self.rest_seconds,
            each_side=self.sides == self.Sides.EACH,
            times_per_day=self.times_per_day,
            days_per_week=self.days_per_week,
        )


_REQUIRED = {
    "goal": "Say in one sentence what the exercise is good for.",
    "steps": "Describe the exercise, one step per line.",
    "stop_if": "Say when to stop, in one line.",
}


class ExerciseImage(ReferenceSource):
    """An image of an exercise, such as its start or its end."""

    reference_fields = ("image",)

    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="images")
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        related_name="exercise_images",
        help_text="Needs alternative text in the image library: the pose, in one sentence.",
    )
    caption = models.CharField(max_length=60, blank=True, help_text="One or two words, such as “Start” or “End”.")
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")

    class Meta:
        """Sorted by position, with each image once."""

        ordering = ("position", "pk")
        verbose_name = "image of the exercise"
        verbose_name_plural = "images of the exercise"
        constraints = [
            models.UniqueConstraint(
                fields=("exercise", "image"),
                name="exercises_exerciseimage_once",
                violation_error_message="The exercise already has this image.",
            )
        ]

    def __str__(self) -> str:
        return self.caption or str(self.image)

    def clean(self) -> None:
        """Require alternative text, without which the image explains nothing to some people."""
        super().clean()
        if self.image_id and not self.image.alt:
            raise ValidationError(
                {"image": f"Describe “{self.image}” in one sentence of alternative text in the image library first."}
            )

    @classmethod
    def public_rows(cls) -> models.QuerySet["ExerciseImage"]:
        """Return the images of published exercises."""
        return cls.objects.filter(exercise__in=Exercise.objects.published())

    @property
    def reference_owner(self) -> models.Model:
        """The exercise."""
        return self.exercise


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
