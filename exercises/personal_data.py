"""Exercises store no personal data but what their authors publish. Plans of visitors stay on their devices."""

from exercises.models import BodyRegion, Condition, Exercise, ExerciseImage, Goal
from privacy.registry import register

_CONTENT = "Published content."

register.add_impersonal(BodyRegion, "name slug introduction red_flags parts anatomical_name", _CONTENT)
register.add_impersonal(Condition, "name slug introduction", _CONTENT)
register.add_impersonal(Goal, "name slug introduction", _CONTENT)
register.add_impersonal(
    Exercise,
    "name slug author goal steps equipment cautions stop_if transcript",
    "Published content under the name of an author profile.",
)
register.add_impersonal(ExerciseImage, "caption", _CONTENT)
