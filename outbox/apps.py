from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Single emails that wait to be sent."""

    name = "outbox"
    verbose_name = "Outgoing email"

    def ready(self) -> None:
        from outbox import checks  # noqa: F401 - registers the system checks
