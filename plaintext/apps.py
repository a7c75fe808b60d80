"""App configuration for plaintext."""

from django.apps import AppConfig


class PlaintextConfig(AppConfig):
    """Register the lookup `contains_folded`."""

    name = "plaintext"

    def ready(self) -> None:
        """Import the lookup, which registers itself."""
        from plaintext import folded_lookup  # noqa: F401
