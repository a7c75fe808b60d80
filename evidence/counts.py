"""How many works the public texts cite, by their evidence level."""

from collections import Counter

from evidence.library import resolve
from evidence.models import Source
from richtext.references import Reference


def cited_in_public() -> list[Source]:
    """Return the works that public texts cite, each once."""
    targets = Reference.objects.to_model(Source).from_public().order_by().values_list("target_id", flat=True)
    return list(dict.fromkeys(resolve({target for target in targets if target}).values()))


def count_by_level(sources: list[Source]) -> list[tuple[str, int]]:
    """Return the number of `sources` of each evidence level, the strongest design first, those without one last."""
    counts = Counter(source.evidence_level for source in sources)
    levels = [*Source.EvidenceLevel.choices, ("", "Not rated")]
    return [(label, counts[level]) for level, label in levels if counts[level]]
