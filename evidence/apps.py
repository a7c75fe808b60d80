"""App configuration for evidence."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """The library of references, and citations in texts."""

    name = "evidence"
    verbose_name = "Evidence"

    def ready(self) -> None:
        """Register the renderer of citations, and protect references that texts cite."""
        from evidence import rendering
        from evidence.models import Source
        from richtext import embeds, references

        embeds.register_citations(Source, rendering.add_citations)
        references.protect(Source)
