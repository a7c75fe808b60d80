"""References and texts that cite them."""

from itertools import count

from evidence.models import Disclaimer, Source

_numbers = count(1)


def make_source(**overrides: object) -> Source:
    """Create a complete reference with an invented DOI and PMID."""
    number = next(_numbers)
    fields = {
        "authors": "Li, Qiang\nWu, X. Y.",
        "title": f"Walking and backs, part {number}",
        "container": "Pain",
        "year": 2001,
        "volume": "1",
        "issue": "2",
        "pages": f"{number}-{number + 9}",
        "doi": f"10.1000/demo.{number}",
        "pmid": f"{90000000 + number}",
    }
    return Source.objects.create(**fields | overrides)


def cite(*sources: Source) -> str:
    """Return the HTML of a citation, as stored in texts."""
    return f'<sup data-cite="{" ".join(str(source.pk) for source in sources)}"></sup>'


def set_disclaimer(text: str) -> Disclaimer:
    """Give the default disclaimer this text."""
    disclaimer, _ = Disclaimer.objects.update_or_create(is_default=True, defaults={"name": "General", "text": text})
    return disclaimer
