"""References, disclaimers and the glossary hold no personal data but the published names of authors."""

from evidence.models import Disclaimer, EvidenceSettings, Source, Term
from privacy.registry import register

register.add_impersonal(
    Source,
    "authors title container container_short publisher publisher_place edition volume issue pages doi pmid pmcid url"
    " typed summary lookup_result retraction retraction_reason",
    "Published works.",
)
register.add_impersonal(EvidenceSettings, "", "Settings.")
register.add_impersonal(Disclaimer, "name text", "Published texts.")
register.add_impersonal(Term, "name slug meaning variants details", "Published texts.")
