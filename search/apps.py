"""App configuration for search."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Connect the index to model signals."""

    name = "search"
    verbose_name = "Search"

    def ready(self) -> None:
        """Connect the signal receivers."""
        from search import signals

        signals.connect()
