"""References as structured data."""

from collections.abc import Iterable

from evidence.citations.record import Name
from evidence.library import resolve
from evidence.models import Source
from evidence.rendering import cited_sources
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url

_TYPES = {
    Source.Kind.BOOK: "Book",
    Source.Kind.REPORT: "Report",
    Source.Kind.THESIS: "Thesis",
    Source.Kind.WEBPAGE: "WebPage",
}


def citation_nodes(ids: Iterable[int]) -> list[Node]:
    """Return the references with `ids`, in the order of the list that visitors see. One query if there are any."""
    ids = list(ids)
    return [_source_node(source) for source in cited_sources(ids, resolve(ids))] if ids else []


def _source_node(source: Source) -> Node:
    record = source.record
    journal = record.container or record.container_short
    date = "-".join(f"{part:02}" for part in (record.year, record.month, record.day) if part)
    return node(
        _TYPES.get(source.kind, "ScholarlyArticle"),  # type: ignore[call-overload]
        id=source.doi_url or source.pubmed_url or source.url or absolute_url(f"/references/#reference-{source.pk}"),
        name=record.title or source.typed or source.label,
        author=[_author(name) for name in record.authors],
        datePublished=date,
        isPartOf=node("Periodical", name=journal) if journal and source.kind == Source.Kind.ARTICLE else None,
        pagination=record.pages,
        sameAs=[url for url in (source.doi_url, source.pubmed_url) if url],
        url=source.doi_url or source.pubmed_url or source.url,
    )


def _author(name: Name) -> Node:
    if not name.given:
        return node("Organization", name=name.family)
    return node("Person", name=f"{name.given} {name.family}", familyName=name.family, givenName=name.given)
