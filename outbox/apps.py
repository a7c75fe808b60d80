"""The outbox app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Single emails that wait to be sent."""

    name = "outbox"
    verbose_name = "Outgoing email"

    def ready(self) -> None:
        """Register the system checks."""
        from outbox import checks  # noqa: F401
