"""Exercises, and texts that show their cards."""

from itertools import count

from accounts.models import Author
from exercises.models import BodyRegion, Exercise, ExerciseImage, FinderContent, FinderEntry
from images.models import Image
from plaintext.slugs import slugify
from tests.factories import make_author

_numbers = count(1)


def make_exercise(*, images: tuple[Image, ...] = (), **overrides: object) -> Exercise:
    """Create a published exercise by the first author, or by a new one."""
    number = next(_numbers)
    fields: dict[str, object] = {
        "name": f"Bridge {number}",
        "slug": f"bridge-{number}",
        "status": "published",
        "goal": "Stronger hips for the stairs.",
        "steps": "Lie on your back.\nLift your hips.\nLower them slowly.",
        "sets": 3,
        "repetitions": 10,
        "hold_seconds": 5,
        "rest_seconds": 30,
        "equipment": "A mat",
        "cautions": "Go slowly at first.",
        "stop_if": "the pain shoots down your leg.",
    }
    if "author" not in overrides:
        fields["author"] = Author.objects.first() or make_author()
    exercise = Exercise.objects.create(**fields | overrides)
    for position, image in enumerate(images):
        ExerciseImage.objects.create(exercise=exercise, image=image, caption=f"Pose {position}", position=position)
    return exercise


def make_region(name: str = "Knee", *content: FinderContent, **overrides: object) -> BodyRegion:
    """Create a body region of `content`, with two red flags."""
    fields: dict[str, object] = {"slug": slugify(name, 60), "red_flags": "It gave way.\nIt is hot and swollen."}
    region = BodyRegion.objects.create(**fields | {"name": name} | overrides)
    assign(region, *content)
    return region


def assign(entry: FinderEntry, *content: FinderContent) -> None:
    """Assign posts and exercises to a body region, condition or goal."""
    for row in content:
        getattr(row, entry.field_name).add(entry)


def embed(*exercises: Exercise) -> str:
    """Return the HTML of the cards, as stored in texts."""
    return "".join(f'<div data-embed="exercise" data-id="{each.pk}"></div>' for each in exercises)
