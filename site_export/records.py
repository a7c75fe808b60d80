"""What belongs to posts and pages without being a field of them: medical reviews, references and exercises."""

import re
from collections.abc import Sequence

from django.contrib.contenttypes.models import ContentType

from blog.models import Post
from evidence.library import resolve
from evidence.models import EvidenceSettings, Source
from evidence.rendering import cited_sources
from exercises.models import Exercise
from exercises.rendering import KIND
from pages.models import Page
from publishing.models import Review
from richtext.citations import find_citations
from richtext.sanitizer import parse

_EXERCISE = re.compile(rf'<div\b[^<>]*\bdata-embed="{KIND}"[^<>]*\bdata-id="(\d+)"')


class Records:
    """The records of some documents of one model, loaded with a constant number of queries."""

    def __init__(self, documents: Sequence[Post | Page]) -> None:
        self._cited = {document.pk: _cited_ids(document.body) for document in documents}
        self._shown = {document.pk: [int(pk) for pk in _EXERCISE.findall(document.body)] for document in documents}
        self._sources = resolve({pk for ids in self._cited.values() for pk in ids})
        shown = {pk for ids in self._shown.values() for pk in ids}
        self._exercises = Exercise.objects.published().in_bulk(shown) if shown else {}
        self._style = EvidenceSettings.load().citation_style if self._sources else ""
        self._reviews: dict[int, Review] = {}
        if documents:
            content_type = ContentType.objects.get_for_model(documents[0])
            reviews = Review.objects.medical().filter(content_type=content_type, object_id__in=self._cited)
            for review in reviews.select_related("reviewer"):
                # The newest one comes first.
                self._reviews.setdefault(review.object_id, review)

    def review_of(self, document: Post | Page) -> Review | None:
        """Return the medical review that visitors see."""
        return self._reviews.get(document.pk)

    def references_of(self, document: Post | Page) -> list[dict[str, str]]:
        """Return the references of the text in the order of their numbers."""
        return [self._reference(source) for source in cited_sources(self._cited[document.pk], self._sources)]

    def exercises_of(self, document: Post | Page) -> list[dict[str, str]]:
        """Return the exercises that the text shows, in order, each with its dose in words."""
        found = (self._exercises.get(pk) for pk in dict.fromkeys(self._shown[document.pk]))
        return [
            {"name": exercise.name, "dose": str(exercise.dose), "url": exercise.get_absolute_url()}
            for exercise in found
            if exercise is not None
        ]

    def _reference(self, source: Source) -> dict[str, str]:
        values = {"text": source.formatted(self._style), "doi": source.doi, "pmid": source.pmid, "url": source.url}
        return {name: value for name, value in values.items() if value}


def _cited_ids(body: str) -> list[int]:
    if "data-cite" not in body:
        return []
    return [pk for _, ids in find_citations(parse(body)) for pk in ids]
