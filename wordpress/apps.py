"""Configuration for the WordPress import app."""

from django.apps import AppConfig


class WordpressConfig(AppConfig):
    """Import posts and pages from WordPress and redirect legacy URLs."""

    name = "wordpress"
    verbose_name = "WordPress import"

    def ready(self) -> None:
        """Register how an undo removes what was imported."""
        from wordpress import comments, undo_handlers  # noqa: F401
        from wordpress.media import undo  # noqa: F401
