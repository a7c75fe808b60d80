"""Load the exercises of the demo."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from accounts.models import Author
from exercises.models import Exercise, ExerciseImage
from images.models import Image

_FILE = Path(__file__).parent / "exercises.toml"
_SLUG = re.compile(r'(?<=data-embed="exercise" data-id=")[\w-]+')


def load_exercises(author: Author, get_image: Callable[[str, str], Image]) -> dict[str, int]:
    """Create the exercises that do not exist. Return their primary keys by slug."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    found = {row["slug"]: _load_exercise(row, author, get_image) for row in data["exercise"]}
    for row in data["exercise"]:
        exercise, is_new = found[row["slug"]]
        versions = {name: found[row[name]][0] for name in ("easier", "harder") if name in row}
        if is_new and versions:
            for name, other in versions.items():
                setattr(exercise, name, other)
            exercise.save(update_fields=list(versions))
    return {slug: exercise.pk for slug, (exercise, _) in found.items()}


def fill_in_ids(body: str, pks: dict[str, int]) -> str:
    """Replace the slugs of exercises in `body` with their primary keys."""
    return _SLUG.sub(lambda match: str(pks[match[0]]), body)


def _load_exercise(
    row: dict[str, Any], author: Author, get_image: Callable[[str, str], Image]
) -> tuple[Exercise, bool]:
    """Return the exercise, and whether it is new."""
    if exercise := Exercise.objects.filter(slug=row["slug"]).first():
        return exercise, False
    fields = {name: value for name, value in row.items() if name not in {"images", "easier", "harder"}}
    for name in ("steps", "cautions"):
        fields[name] = "\n".join(row.get(name, ()))
    exercise = Exercise.objects.create(**fields, author=author, status=Exercise.Status.PUBLISHED)
    for position, each in enumerate(row["images"]):
        image = get_image(each["name"], each["alt"])
        ExerciseImage.objects.create(exercise=exercise, image=image, caption=each["caption"], position=position)
    return exercise, True
