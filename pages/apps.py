"""Configuration for the pages app."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Standing pages and services."""

    name = "pages"
    verbose_name = "Pages"
