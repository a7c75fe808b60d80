"""Say what kind of study the references of the demo's posts are."""

import tomllib
from pathlib import Path

from evidence.models import Source

_FILE = Path(__file__).parent / "references.toml"


def load_evidence_levels() -> None:
    """Fill in the kind of study and the summary of references that have neither."""
    for row in tomllib.loads(_FILE.read_text(encoding="utf-8"))["reference"]:
        source = Source.objects.current().filter(doi__iexact=row["doi"], evidence_level="", summary="").first()
        if source:
            source.evidence_level, source.summary = row["level"], row.get("summary", "")
            source.save()
