"""Exercises, and how visitors find them: by body region, condition and goal."""

from exercises.models.exercises import Exercise, ExerciseImage, ExerciseQuerySet
from exercises.models.finder import BodyRegion, Condition, FinderContent, FinderEntry, Goal

__all__ = [
    "BodyRegion",
    "Condition",
    "Exercise",
    "ExerciseImage",
    "ExerciseQuerySet",
    "FinderContent",
    "FinderEntry",
    "Goal",
]
