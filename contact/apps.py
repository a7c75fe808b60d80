"""App configuration for contact."""

from django.apps import AppConfig


class ContactConfig(AppConfig):
    """The contact form and its inbox."""

    name = "contact"
    verbose_name = "Contact"
