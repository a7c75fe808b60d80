"""App configuration for redirects."""

from django.apps import AppConfig


class RedirectsConfig(AppConfig):
    """Redirects and the 404 log."""

    name = "redirects"
    verbose_name = "Redirects"
