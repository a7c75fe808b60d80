"""The body regions that a query names, so that "sore knee" leads to the page about knees."""

from exercises.models import BodyRegion
from plaintext.folding import fold
from search.queries import Query
from search.words import split, stem

_JOINING = frozenset({"and", "or", "the", "of"})


def named_regions(query: Query, regions: list[BodyRegion]) -> list[BodyRegion]:
    """Return those of `regions` whose names have the most words of `query`, or none if none has one."""
    asked = {word for term in query.terms for word in term.stems}
    matches = [len(asked & _stems(region.name)) for region in regions]
    most = max(matches, default=0)
    return [region for region, count in zip(regions, matches, strict=True) if count == most] if most else []


def _stems(name: str) -> set[str]:
    words = (word.text for word in split(fold(name)))
    return {stem(word) for word in words if word not in _JOINING}
