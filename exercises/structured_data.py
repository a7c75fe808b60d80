"""Exercises as structured data: what a card shows, as an exercise plan with its steps. And what texts are about."""

from collections.abc import Collection

from exercises.models import BodyRegion, Condition, Exercise, FinderEntry
from images.structured_data import image_object
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url


def exercise_nodes(ids: Collection[int]) -> list[Node]:
    """Return the published exercises with `ids`, in this order. Constant queries; none without ids."""
    # Without what only cards show, which would double the time of this query.
    exercises = Exercise.objects.published().prefetch_related("images__image").in_bulk(ids) if ids else {}
    return [exercise_node(exercises[pk]) for pk in ids if pk in exercises]


def subject_node(entry: FinderEntry) -> Node | None:
    """Return the part of the body or the condition that a page about `entry` is about."""
    url = f"{absolute_url(entry.get_absolute_url())}#about"
    if isinstance(entry, BodyRegion):
        other = entry.name if entry.anatomical_name else ""
        return node("AnatomicalStructure", id=url, name=entry.anatomical_name or entry.name, alternateName=other)
    return node("MedicalCondition", id=url, name=entry.name) if isinstance(entry, Condition) else None


def exercise_node(exercise: Exercise) -> Node:
    """Return the node of an exercise loaded with its images. Runs no queries.

    https://schema.org/ExercisePlan has the dose, and https://schema.org/HowTo the steps.
    """
    url = absolute_url(exercise.get_absolute_url())
    dose = exercise.dose
    steps = enumerate(exercise.step_list, start=1)
    return node(
        "ExercisePlan",
        id=f"{url}#exercise",
        name=exercise.name,
        description=exercise.goal,
        url=url,
        repetitions=exercise.repetitions,
        restPeriods=dose.rest,
        activityFrequency=dose.frequency,
        workload=dose.session,
        image=[image_object(each.image) for each in exercise.images.all()],
        hasPart=node(
            "HowTo",
            id=f"{url}#steps",
            name=exercise.name,
            tool=node("HowToTool", name=exercise.equipment) if exercise.equipment else None,
            step=[node("HowToStep", position=position, text=step) for position, step in steps],
        ),
    )
