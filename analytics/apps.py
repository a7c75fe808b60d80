"""App configuration of analytics."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Counters that other apps build on. It has no tables of its own."""

    name = "analytics"
    verbose_name = "Analytics"
