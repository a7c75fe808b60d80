"""App configuration for operations."""

from django.apps import AppConfig
from django.conf import settings


class OperationsConfig(AppConfig):
    """Heartbeats, failed jobs, maintenance mode and logs."""

    name = "operations"
    verbose_name = "Operations"

    def ready(self) -> None:
        """Start sending errors to Sentry, if that is set up."""
        from operations.sentry import start_sentry

        if settings.SENTRY_DSN:
            start_sentry(settings.SENTRY_DSN)
