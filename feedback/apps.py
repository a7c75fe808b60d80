"""App configuration for feedback."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """Answers to "Was this helpful?" and suggested corrections."""

    name = "feedback"
    verbose_name = "Feedback"

    def ready(self) -> None:
        """Register with the reports."""
        from feedback import reports

        reports.register()
