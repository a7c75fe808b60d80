"""Configuration for the layout app."""

from django.apps import AppConfig


class LayoutConfig(AppConfig):
    """Menus and widgets around the pages."""

    name = "layout"
    verbose_name = "Menus and widgets"
