"""Configuration for the instagram app."""

from django.apps import AppConfig


class InstagramConfig(AppConfig):
    """The instagram app."""

    name = "instagram"
    verbose_name = "Instagram"
