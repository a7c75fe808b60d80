"""App configuration of the newsletter."""

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    """Configure the newsletter app."""

    name = "newsletter"
    verbose_name = "Newsletter"

    def ready(self) -> None:
        """Register the system checks."""
        from newsletter import checks  # noqa: F401
