"""App configuration for evidence."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """The library of references, citations in texts, disclaimers and the glossary."""

    name = "evidence"
    verbose_name = "Evidence"

    def ready(self) -> None:
        """Register the renderers of citations and terms, and protect references that texts cite."""
        from evidence import rendering, reports
        from evidence.glossary.rendering import mark_terms
        from evidence.models import Source
        from richtext import embeds, references

        embeds.register_citations(Source, rendering.add_citations)
        embeds.register_postprocessor(mark_terms)
        references.protect(Source)
        reports.register()
