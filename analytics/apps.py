"""App configuration for analytics."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Counters that other apps build on. Its models are abstract."""

    name = "analytics"
    verbose_name = "Analytics"
