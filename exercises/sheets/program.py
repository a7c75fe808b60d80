"""What a home program says, whether it is shown as a page or as a PDF file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from typing import Any

import segno
from django.utils import timezone
from django.utils.translation import get_language

from exercises.models import Exercise, ExerciseQuerySet
from siteinfo.local_time import format_date

# More are done less often (Henry 1999), and do not fit on a sheet.
ADVISED_EXERCISES = 5
MAX_EXERCISES = 20
IMAGES_PER_EXERCISE = 2
_DAYS = ("M", "T", "W", "T", "F", "S", "S")


class SheetError(Exception):
    """Raised with a sentence for visitors if a sheet cannot be made."""


def load_exercises(ids: Sequence[int]) -> list[Exercise]:
    """Return the published exercises with `ids`, in this order. Constant queries."""
    found = for_sheets(Exercise.objects.published()).in_bulk(ids[:MAX_EXERCISES])
    return [found[pk] for pk in ids if pk in found]


def for_sheets(exercises: ExerciseQuerySet) -> ExerciseQuerySet:
    """Load what a sheet shows."""
    return exercises.for_cards().select_related("author")


@dataclass(frozen=True)
class HomeProgram:
    """Exercises for one aim, with the page they come from."""

    title: str
    # Without one, the sheet has a line to write it on.
    aim: str
    exercises: Sequence[Exercise]
    # Absolute.
    url: str

    @property
    def author_names(self) -> str:
        """Who is responsible for the exercises."""
        return ", ".join(dict.fromkeys(each.author.name_with_credentials for each in self.exercises))

    @property
    def changed_on(self) -> date:
        """The day of the last change of one of the exercises."""
        return timezone.localdate(max(each.modified_at for each in self.exercises))

    @property
    def byline(self) -> str:
        """Who wrote the exercises, and of when they are."""
        return f"{self.author_names} · {format_date(self.changed_on)}"

    @property
    def is_long(self) -> bool:
        """Whether fewer exercises would be done more often."""
        return len(self.exercises) > ADVISED_EXERCISES

    @cached_property
    def qr_code(self) -> str:
        """The URL as a QR code in SVG."""
        file = BytesIO()
        segno.make(self.url, error="m", micro=False).save(file, kind="svg", border=2, xmldecl=False, omitsize=True)
        return file.getvalue().decode()

    def check_images(self) -> None:
        """Raise SheetError for an image without alternative text, which a PDF file for everyone must not have."""
        for exercise in self.exercises:
            for each in exercise.images.all():
                if not each.image.alt:
                    raise SheetError(
                        f"The sheet cannot be made, because the image “{each.image}” of “{exercise}” has no"
                        " alternative text. Its author has to describe it in the image library first."
                    )

    def data(self) -> dict[str, Any]:
        """Return everything that the PDF file shows but its images, as plain values."""
        return {
            "title": self.title,
            "aim": self.aim,
            "aim_label": "Aim:" if self.aim else "My aim:",
            "author": self.author_names,
            "byline": self.byline,
            "footer": self.url.partition("://")[2],
            "language": (get_language() or "en").partition("-")[0],
            "qr": self.qr_code,
            "qr_alt": f"QR code that leads to {self.url}",
            "days": _DAYS,
            "stop_label": "Stop if",
            "exercises": [_exercise_data(exercise) for exercise in self.exercises],
        }


def _exercise_data(exercise: Exercise) -> dict[str, Any]:
    return {
        "name": exercise.name,
        "dose": exercise.dose.short,
        "steps": exercise.step_list,
        "notes": " ".join(exercise.sheet_notes),
        "stop_if": exercise.stop_if,
        "day_rows": len(exercise.day_rows),
        "images": [
            {"file": f"image-{each.image_id}.jpg", "source": each.image.file.name, "alt": each.image.alt}
            for each in list(exercise.images.all())[:IMAGES_PER_EXERCISE]
        ],
    }
