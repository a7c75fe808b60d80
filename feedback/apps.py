"""App configuration for feedback."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """Answers to "Was this helpful?" and suggested corrections."""

    name = "feedback"
    verbose_name = "Feedback"
