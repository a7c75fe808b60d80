"""App configuration for public_forms."""

from django.apps import AppConfig


class PublicFormsConfig(AppConfig):
    """Public forms and their rate limits."""

    name = "public_forms"
    verbose_name = "Public forms"
