"""App configuration for the outbox."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Configure the outbox app."""

    name = "outbox"
    verbose_name = "Outgoing email"

    def ready(self) -> None:
        """Register the system checks."""
        from outbox import checks  # noqa: F401
