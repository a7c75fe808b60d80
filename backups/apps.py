"""App configuration for backups."""

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """Configure the backups app."""

    name = "backups"
    verbose_name = "Backups"

    def ready(self) -> None:
        """Register the system checks."""
        from backups import checks  # noqa: F401
