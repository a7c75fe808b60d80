"""Search public documents: rank the matches of a query and return one page of them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Model
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from search.backends import get_backend
from search.backends.base import ELLIPSIS, MATCH_END, MATCH_START, MAX_RANKED, Sql
from search.queries import Query
from search.sources import SOURCES

PER_PAGE = 10


@dataclass(frozen=True)
class Hit:
    """A matching document, the excerpt around the match, and the template for its kind."""

    document: Model
    excerpt: SafeString
    template: str


@dataclass(frozen=True)
class Results:
    """A page of hits.

    `count` is limited to the chosen category; `total_count` and `category_counts` (by path of the top-level category)
    are not. `is_partial` means that no document contains every term, so the hits contain some of them.
    """

    hits: list[Hit] = field(default_factory=list)
    count: int = 0
    page: int = 1
    category_counts: dict[str, int] = field(default_factory=dict)
    total_count: int = 0
    is_partial: bool = False

    @property
    def is_capped(self) -> bool:
        """Return whether there may be more matches than were ranked and counted."""
        return self.total_count >= MAX_RANKED


class _Group(NamedTuple):
    """The matches in the same top-level categories."""

    categories: str
    size: int
    is_partial: bool


class _Match(NamedTuple):
    """An index entry on the requested page."""

    content_type_id: int
    object_id: int
    excerpt: str


def search(query: Query, category: str = "", page: int = 1) -> Results:
    """Return a page of public documents that match `query`, best first.

    `category` is the slug of a top-level category to search in. A page beyond the last one returns the last one.
    """
    if not query.terms:
        return Results()
    groups, matches = _fetch(query, category, page)
    category_counts: Counter[str] = Counter()
    for group in groups:
        category_counts.update({f"{slug}/": group.size for slug in group.categories.split("/") if slug})
    count = sum(group.size for group in groups if _category_filter(category) in group.categories)
    last_page = max(1, -(-count // PER_PAGE))
    if page > last_page:
        return search(query, category, last_page)
    return Results(
        hits=_load_hits(matches),
        count=count,
        page=page,
        category_counts=dict(category_counts),
        total_count=sum(group.size for group in groups),
        is_partial=any(group.is_partial for group in groups),
    )


def _fetch(query: Query, category: str, page: int) -> tuple[list[_Group], list[_Match]]:
    """Run the search: one row for each group of categories, and the matches of the page, best and newest first."""
    sql, params = _search_sql(query, category, page)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    groups = [
        _Group(categories, count, bool(is_partial))
        for content_type, categories, count, is_partial, _, _ in rows
        if content_type is None
    ]
    # UNION guarantees no order.
    found = sorted((row for row in rows if row[0] is not None), key=lambda row: (-row[5], -row[3]))
    return groups, [_Match(content_type, pk, excerpt) for content_type, _, pk, _, excerpt, _ in found]


def _search_sql(query: Query, category: str, page: int) -> Sql:
    backend = get_backend()
    public, public_params = public_condition("entry")
    all_terms, all_params = backend.matches_sql(query.terms, query.excluded_terms, require_all=True, condition="1 = 1")
    some_words, some_params = backend.matches_sql(
        query.words, query.excluded_terms, require_all=False, condition="NOT EXISTS (SELECT 1 FROM strict)"
    )
    exact, exact_params = backend.excerpt_sql(query.terms)
    partial, partial_params = backend.excerpt_sql(query.words)
    # CROSS JOIN makes SQLite go from the hits to the entries instead of querying the index once for each entry.
    visible = f"""SELECT entry.id, entry.categories, hit.score, {{}} AS is_partial
        FROM {{}} hit CROSS JOIN search_indexentry entry WHERE entry.id = hit.id AND {public}"""
    sql = f"""
        WITH all_terms AS MATERIALIZED ({all_terms}),
        strict AS MATERIALIZED ({visible.format(0, "all_terms")}),
        some_words AS MATERIALIZED ({some_words}),
        found AS MATERIALIZED (SELECT * FROM strict UNION ALL {visible.format(1, "some_words")}),
        page AS MATERIALIZED (
            SELECT id, score, is_partial FROM found WHERE replace(categories, %s, '') <> categories OR %s = ''
            ORDER BY score DESC, id DESC LIMIT {PER_PAGE} OFFSET %s
        )
        SELECT NULL AS content_type, categories, count(*) AS count, max(is_partial), NULL AS excerpt, 0 AS score
        FROM found GROUP BY categories
        UNION ALL
        SELECT entry.content_type_id, entry.categories, entry.object_id, entry.id,
            CASE page.is_partial WHEN 0 THEN {exact} ELSE {partial} END, page.score
        FROM page CROSS JOIN search_indexentry entry WHERE entry.id = page.id
    """
    found_params = [*all_params, *public_params, *some_params, *public_params]
    page_params = [_category_filter(category), category, (page - 1) * PER_PAGE]
    return sql, [*found_params, *page_params, *exact_params, *partial_params]


def _category_filter(category: str) -> str:
    """Return what `IndexEntry.categories` contains for documents in the top-level category with this slug."""
    return f"/{category}/" if category else "/"


def public_condition(table: str) -> Sql:
    """Return the condition that visitors may see the document of a row of `table` now."""
    conditions: list[str] = []
    params: list[Any] = []
    for source in SOURCES:
        public, public_params = source.documents.published().order_by().values(key=F("pk")).query.sql_with_params()
        conditions.append(
            f"({table}.content_type_id = {source.content_type.pk} AND EXISTS"
            f" (SELECT 1 FROM ({public}) public WHERE public.key = {table}.object_id))"
        )
        params += public_params
    return f"({' OR '.join(conditions)})", params


def _load_hits(matches: Sequence[_Match]) -> list[Hit]:
    """Load the documents of `matches` in their order, with one query for each kind."""
    documents: dict[tuple[int, int], tuple[Model, str]] = {}
    for source in SOURCES:
        content_type_id = source.content_type.pk
        pks = [match.object_id for match in matches if match.content_type_id == content_type_id]
        for document in source.load_cards(pks) if pks else ():
            documents[content_type_id, document.pk] = (document, source.template)
    hits = []
    for match in matches:
        if found := documents.get((match.content_type_id, match.object_id)):
            document, template = found
            hits.append(Hit(document, highlight(match.excerpt), template))
    return hits


def highlight(excerpt: str) -> SafeString:
    """Return a database's excerpt as HTML with matches in <mark>, or "" if it contains no match."""
    if MATCH_START not in excerpt:
        return SafeString("")
    # Headings end without punctuation.
    text = re.sub(rf"(?<=[\w{MATCH_END}])\n", " · ", excerpt.strip().strip(ELLIPSIS).strip())
    safe = escape(f"{ELLIPSIS} {text} {ELLIPSIS}")
    return mark_safe(safe.replace(MATCH_START, "<mark>").replace(MATCH_END, "</mark>"))  # noqa: S308 - escaped
