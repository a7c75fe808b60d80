"""App configuration for ads."""

from django.apps import AppConfig


class AdsConfig(AppConfig):
    """Ads sold by the author."""

    name = "ads"
    verbose_name = "Ads"
