"""App configuration for richtext."""

from django.apps import AppConfig


class RichTextConfig(AppConfig):
    """The allowed HTML, sanitizer, analysis, embeds, reference index and rendering."""

    name = "richtext"
    verbose_name = "Rich text"

    def ready(self) -> None:
        """Report deleted references to the listeners of the index."""
        from richtext import references

        references.connect_signals()
