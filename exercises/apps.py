"""App configuration for exercises."""

from django.apps import AppConfig


class ExercisesConfig(AppConfig):
    """Exercises, their cards in texts, and body regions."""

    name = "exercises"
    verbose_name = "Exercises"

    def ready(self) -> None:
        """Register the cards with richtext, and protect exercises that texts show."""
        from exercises import rendering
        from exercises.models import Exercise
        from richtext import references

        rendering.register()
        references.protect(Exercise)
