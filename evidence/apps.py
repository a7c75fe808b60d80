"""App configuration for evidence."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """The library of references, and citations in texts."""

    name = "evidence"
    verbose_name = "References"
