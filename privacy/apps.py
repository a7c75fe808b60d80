"""App configuration for privacy."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Configure the privacy app."""

    name = "privacy"
    verbose_name = "Privacy"

    def ready(self) -> None:
        """Read what each app declares in its module `personal_data`."""
        from django.utils.module_loading import autodiscover_modules

        autodiscover_modules("personal_data")
