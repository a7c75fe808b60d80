"""Configuration of the layout app."""

from django.apps import AppConfig


class LayoutConfig(AppConfig):
    """Menus and widgets around the pages."""

    name = "layout"
    verbose_name = "Menus and widgets"

    def ready(self) -> None:
        """Let affiliate links in text blocks be found."""
        from affiliates import references
        from layout.models import Block

        references.register(Block, "text")
