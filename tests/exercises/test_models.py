"""Exercises: what a published one needs, and its dose in words."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from exercises.dose import Dose, format_seconds
from exercises.models import Exercise, ExerciseImage
from images.models import Video
from redirects.services import final_target
from tests.exercises.factories import embed, make_exercise
from tests.factories import make_image, make_post

pytestmark = pytest.mark.django_db


def make_dose(**overrides: Any) -> Dose:
    fields: dict[str, Any] = {
        "sets": 3,
        "repetitions": 10,
        "hold_seconds": 5,
        "rest_seconds": 30,
        "each_side": False,
        "times_per_day": 1,
        "days_per_week": 7,
    }
    return Dose(**fields | overrides)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({}, "3 sets of 10 repetitions, hold 5 seconds, rest 30 seconds between sets; once a day, every day"),
        ({"hold_seconds": 0, "sets": 1}, "10 repetitions; once a day, every day"),
        (
            {"repetitions": 1, "hold_seconds": 60, "each_side": True, "days_per_week": 3},
            "3 times, hold 1 minute, on each side, rest 30 seconds between sets; once a day, 3 days a week",
        ),
        (
            {"sets": 1, "each_side": True, "rest_seconds": 0, "times_per_day": 2, "days_per_week": 1},
            "10 repetitions, hold 5 seconds, on each side; twice a day, 1 day a week",
        ),
        (
            {"sets": 2, "repetitions": 1, "hold_seconds": 0, "times_per_day": 4},
            "2 times, rest 30 seconds between sets; 4 times a day, every day",
        ),
    ],
)
def test_a_dose_reads_as_one_line(overrides: dict[str, Any], words: str) -> None:
    assert str(make_dose(**overrides)) == words


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({}, "3 sets of 10, hold 5 s, rest 30 s, once a day, every day"),
        (
            {"sets": 1, "repetitions": 1, "each_side": True, "hold_seconds": 20, "days_per_week": 3},
            "1 set on each side, hold 20 s, once a day, 3 days a week",
        ),
    ],
)
def test_a_dose_fits_on_a_line_of_a_sheet(overrides: dict[str, Any], words: str) -> None:
    assert make_dose(**overrides).short == words


def test_holding_counts_repetitions_sets_and_sides() -> None:
    assert make_dose().held_seconds == 150
    assert make_dose(each_side=True).held_seconds == 300
    assert [format_seconds(seconds) for seconds in (0, 1, 60, 90, 120)] == [
        "0 seconds",
        "1 second",
        "1 minute",
        "90 seconds",
        "2 minutes",
    ]


@pytest.mark.parametrize("field", ["goal", "steps", "stop_if"])
def test_a_published_exercise_needs_a_goal_steps_and_a_stop_line(field: str) -> None:
    exercise = make_exercise()
    setattr(exercise, field, " ")
    with pytest.raises(ValidationError) as error:
        exercise.full_clean()
    assert field in error.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        Exercise.objects.update(**{field: ""})
    exercise.status = Exercise.Status.DRAFT
    exercise.full_clean()
    Exercise.objects.update(status="draft", **{field: ""})


def test_a_video_needs_captions_or_a_transcript() -> None:
    exercise = make_exercise()
    exercise.video = Video.objects.create(provider="vimeo", key="12345678", title="Bridge")
    with pytest.raises(ValidationError, match="transcript of the video"):
        exercise.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        exercise.save()
    exercise.transcript = "Lift your hips."
    exercise.full_clean()
    exercise.save()
    exercise.transcript, exercise.has_captions = "", True
    exercise.full_clean()
    exercise.save()


@pytest.mark.parametrize(
    "numbers",
    [{"sets": 0}, {"sets": 21}, {"repetitions": 0}, {"hold_seconds": 601}, {"times_per_day": 0}, {"days_per_week": 8}],
)
def test_an_impossible_dose_is_refused(numbers: dict[str, int]) -> None:
    exercise = make_exercise()
    with pytest.raises(IntegrityError), transaction.atomic():
        Exercise.objects.update(**numbers)
    for name, value in numbers.items():
        setattr(exercise, name, value)
    with pytest.raises(ValidationError):
        exercise.full_clean()


def test_an_exercise_is_not_its_own_easier_version_and_its_versions_differ() -> None:
    first, second = make_exercise(), make_exercise()
    for fields in ({"easier": first}, {"harder": first}, {"easier": second, "harder": second}):
        exercise = Exercise.objects.get(pk=first.pk)
        for name, value in fields.items():
            setattr(exercise, name, value)
        with pytest.raises(ValidationError):
            exercise.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            exercise.save()
    Exercise(name="New", slug="new", author=first.author, easier=first, harder=second).full_clean()


def test_too_many_steps_are_refused() -> None:
    exercise = make_exercise(steps="\n".join(f"Step {number}" for number in range(13)))
    with pytest.raises(ValidationError, match="It has 13"):
        exercise.full_clean()


def test_an_image_without_alternative_text_is_refused() -> None:
    row = ExerciseImage(exercise=make_exercise(), image=make_image(alt="", title="Hips up"))
    with pytest.raises(ValidationError, match="Describe “Hips up” in one sentence"):
        row.full_clean()


def test_an_exercise_that_a_text_shows_cannot_be_deleted() -> None:
    exercise = make_exercise()
    post = make_post(body=f"<p>x</p>{embed(exercise)}")
    with pytest.raises(ProtectedError), transaction.atomic():
        exercise.delete()
    post.delete()
    exercise.delete()


def test_a_new_slug_redirects_the_old_url() -> None:
    exercise = make_exercise(slug="bridge")
    exercise.slug = "hip-bridge"
    exercise.save()
    assert final_target("/exercises/bridge/") == "/exercises/hip-bridge/"
