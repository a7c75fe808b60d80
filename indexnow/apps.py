"""App configuration for IndexNow."""

from django.apps import AppConfig


class IndexNowConfig(AppConfig):
    """Submissions to search engines."""

    name = "indexnow"
    verbose_name = "IndexNow"
