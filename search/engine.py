"""Search public documents: rank the matches of a query and return one page of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Model
from django.utils import timezone
from django.utils.safestring import SafeString

from search.backends import get_backend
from search.backends.base import MAX_RANKED, Sql
from search.excerpts import make_excerpt
from search.queries import Query, Term
from search.sources import SOURCES

PER_PAGE = 10
# How well an entry matches. Better ones come first, whatever their score.
_WHOLE, _PREFIX, _PARTIAL = range(3)
# Stand for the current time in parameters that are cached.
_NOW = object()
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


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
    body: str
    tokens: str


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
    is_partial = any(group.is_partial for group in groups)
    return Results(
        hits=_load_hits(matches, query.single_words if is_partial else query.terms),
        count=count,
        page=page,
        category_counts=dict(category_counts),
        total_count=sum(group.size for group in groups),
        is_partial=is_partial,
    )


def _fetch(query: Query, category: str, page: int) -> tuple[list[_Group], list[_Match]]:
    """Run the search: one row for each group of categories, and the matches of the page, best and newest first."""
    sql, params = _search_sql(query, category, page)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    groups = [
        _Group(categories, count, tier == _PARTIAL)
        for content_type, categories, count, _, tier, *_ in rows
        if content_type is None
    ]
    # UNION guarantees no order.
    found = sorted((row for row in rows if row[0] is not None), key=lambda row: (row[4], -row[5], -row[3]))
    return groups, [_Match(content_type, pk, body, tokens) for content_type, _, pk, *_, body, tokens in found]


def _search_sql(query: Query, category: str, page: int) -> Sql:
    backend = get_backend()
    public, public_params = public_condition("entry")
    whole, whole_params = backend.matches_sql(query.terms, query.excluded_terms, require_all=True, condition="1 = 1")
    some, some_params = backend.matches_sql(
        query.single_words,
        query.excluded_terms,
        require_all=False,
        condition="NOT EXISTS (SELECT 1 FROM whole) AND NOT EXISTS (SELECT 1 FROM begun)",
    )
    begun, begun_params = _prefix_sql(query)
    # CROSS JOIN makes SQLite go from the hits to the entries instead of querying the index once for each entry.
    visible = f"""SELECT entry.id, entry.categories, hit.score, {{}} AS tier
        FROM {{}} hit CROSS JOIN search_indexentry entry WHERE entry.id = hit.id AND {public}"""
    sql = f"""
        WITH whole_words AS MATERIALIZED ({whole}),
        whole AS MATERIALIZED ({visible.format(_WHOLE, "whole_words")}),
        prefixes AS MATERIALIZED ({begun}),
        begun AS MATERIALIZED ({visible.format(_PREFIX, "prefixes")}),
        some_words AS MATERIALIZED ({some}),
        found AS MATERIALIZED (
            SELECT * FROM whole
            UNION ALL SELECT * FROM begun
            UNION ALL {visible.format(_PARTIAL, "some_words")}
        ),
        page AS MATERIALIZED (
            SELECT id, score, tier FROM found WHERE replace(categories, %s, '') <> categories OR %s = ''
            ORDER BY tier, score DESC, id DESC LIMIT {PER_PAGE} OFFSET %s
        )
        SELECT NULL AS content_type, categories, count(*) AS count, 0 AS id, max(tier) AS tier, 0 AS score,
            NULL AS body, NULL AS tokens
        FROM found GROUP BY categories
        UNION ALL
        SELECT entry.content_type_id, entry.categories, entry.object_id, entry.id, page.tier, page.score,
            entry.body, entry.body_tokens
        FROM page CROSS JOIN search_indexentry entry WHERE entry.id = page.id
    """
    found_params = [*whole_params, *public_params, *begun_params, *public_params, *some_params, *public_params]
    return sql, [*found_params, _category_filter(category), category, (page - 1) * PER_PAGE]


def _prefix_sql(query: Query) -> Sql:
    """Select entries with words that begin with the terms, those with such words in the title first."""
    if not query.has_prefixes:
        return "SELECT 0 AS id, 0 AS score WHERE 1 = 0", []
    # Nobody reads past MAX_RANKED matches of whole words.
    matches, params = get_backend().prefix_matches_sql(
        query.terms, query.excluded_terms, condition=f"(SELECT count(*) FROM whole) < {MAX_RANKED}"
    )
    prefixes = [term.prefix for term in query.terms if term.prefix]
    scores = ["CASE WHEN ' ' || title_tokens LIKE %s THEN 1 ELSE 0 END"] * len(prefixes)
    sql = f"""SELECT entry.id, {" + ".join(scores)} AS score FROM ({matches}) hit
        CROSS JOIN search_indexentry entry WHERE entry.id = hit.id AND entry.id NOT IN (SELECT id FROM whole)"""
    return sql, [*(f"% {prefix}%" for prefix in prefixes), *params]


def _category_filter(category: str) -> str:
    """Return what `IndexEntry.categories` contains for documents in the top-level category with this slug."""
    return f"/{category}/" if category else "/"


def public_condition(table: str) -> Sql:
    """Return the condition that visitors may see the document of a row of `table` now."""
    sql, params = _public_condition(table, connection.vendor, *(source.content_type.pk for source in SOURCES))
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    return sql, [now if param is _NOW else param for param in params]


@cache
def _public_condition(table: str, vendor: str, *content_types: int) -> Sql:
    """Return the condition with _NOW in its parameters. Compiling its querysets took a third of a search."""
    conditions: list[str] = []
    params: list[Any] = []
    for source, content_type in zip(SOURCES, content_types, strict=True):
        public, public_params = source.published(_ANY_TIME).order_by().values(key=F("pk")).query.sql_with_params()
        conditions.append(
            f"({table}.content_type_id = {content_type} AND EXISTS"
            f" (SELECT 1 FROM ({public}) public WHERE public.key = {table}.object_id))"
        )
        params += public_params
    any_time = connection.ops.adapt_datetimefield_value(_ANY_TIME)
    return f"({' OR '.join(conditions)})", tuple(_NOW if param == any_time else param for param in params)


def _load_hits(matches: Sequence[_Match], terms: Sequence[Term]) -> list[Hit]:
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
            hits.append(Hit(document, make_excerpt(match.body, match.tokens, terms), template))
    return hits
