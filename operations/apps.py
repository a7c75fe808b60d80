"""App configuration for operations."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Heartbeats, failed jobs, maintenance mode and logs."""

    name = "operations"
    verbose_name = "Operations"
