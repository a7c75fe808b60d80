"""References and disclaimers hold no personal data but the published names of authors."""

from evidence.models import Disclaimer, EvidenceSettings, Source
from privacy.registry import register

register.add_impersonal(
    Source,
    "authors title container container_short publisher publisher_place edition volume issue pages doi pmid pmcid url"
    " typed summary lookup_result retraction retraction_reason",
    "Published works.",
)
register.add_impersonal(EvidenceSettings, "", "Settings.")
register.add_impersonal(Disclaimer, "name text", "Published texts.")
