"""The metadata of the pages of exercises."""

from collections.abc import Iterable

from django.urls import reverse

from accounts.structured_data import person, person_id
from exercises.models import Exercise
from exercises.structured_data import exercise_node, subject_node
from images.structured_data import share_image
from siteinfo.seo import Breadcrumb, PageMeta, truncate


def list_meta(exercises: Iterable[Exercise]) -> PageMeta:
    """Return the metadata of the list of exercises."""
    names = [exercise.name for exercise in exercises]
    return PageMeta(
        title="Exercises",
        description=truncate(f"Exercises with steps, dose and when to stop: {', '.join(names[:5])}.")
        if names
        else "Exercises with steps, dose and when to stop.",
        path=reverse("exercises:exercise_list"),
        schema_type="CollectionPage",
        ancestors=(Breadcrumb("Home", reverse("home")),),
        is_indexed=bool(names),
    )


def plan_meta() -> PageMeta:
    """Return the metadata of the page with the visitor's plan."""
    return PageMeta(
        title="My plan",
        description="Your own exercise plan, stored on your device only.",
        path=reverse("exercises:my_plan"),
        ancestors=(
            Breadcrumb("Home", reverse("home")),
            Breadcrumb("Exercises", reverse("exercises:exercise_list")),
        ),
        is_indexed=False,
    )


def exercise_meta(exercise: Exercise) -> PageMeta:
    """Return the metadata of an exercise loaded with `for_cards()`, its author and its body regions."""
    plan = exercise_node(exercise) | {"author": {"@id": person_id(exercise.author)}}
    first = next(iter(exercise.images.all()), None)
    return PageMeta(
        title=exercise.name,
        description=truncate(f"{exercise.goal} {exercise.dose}."),
        path=exercise.get_absolute_url(),
        ancestors=(
            Breadcrumb("Home", reverse("home")),
            Breadcrumb("Exercises", reverse("exercises:exercise_list")),
        ),
        image=share_image(first.image if first else None),
        nodes=(plan, person(exercise.author)),
        about=tuple(filter(None, map(subject_node, exercise.body_regions.all()))),
        updated_at=exercise.modified_at,
    )
