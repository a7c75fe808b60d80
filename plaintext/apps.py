"""App configuration for plaintext."""

from django.apps import AppConfig


class PlaintextConfig(AppConfig):
    """Register the lookup `contains_folded`, and `in` for integers."""

    name = "plaintext"

    def ready(self) -> None:
        """Import the lookups, which register themselves."""
        from plaintext import folded_lookup, integer_lookup  # noqa: F401
