"""Search with PostgreSQL's full text: stemmed in the site's language, accents ignored, ranked by weight."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from search.backends.base import ELLIPSIS, MATCH_END, MATCH_START, MAX_RANKED, Sql, language_name

# For body, summary, keywords and title, the order of ts_rank.
_WEIGHTS = "'{0.02, 0.2, 0.4, 1.0}'::float4[]"
# PostgreSQL parses these as markup or file paths and would lose the words in and after them. They separate words in
# the index, and are swapped for control characters while an excerpt is made.
_MARKUP, _PLACEHOLDERS = "<>/", "\x04\x05\x06"
_HEADLINE_OPTIONS = (
    f"StartSel={MATCH_START}, StopSel={MATCH_END}, MaxFragments=1, MinWords=14, MaxWords=28, "
    f"FragmentDelimiter={ELLIPSIS}"
)


def create_index(connection: BaseDatabaseWrapper) -> None:
    """Create a text search configuration for the site's language, indexed vector columns and a trigram index."""
    with connection.cursor() as cursor:
        _create_extensions(cursor)
        cursor.execute("SELECT 1 FROM pg_ts_config WHERE cfgname = %s", [language_name()])
        configuration = language_name() if cursor.fetchone() else "simple"
        for statement in _index_statements(configuration):
            cursor.execute(statement)


def _create_extensions(cursor: Any) -> None:
    try:
        for name in ("unaccent", "pg_trgm"):
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    except DatabaseError as error:
        raise ImproperlyConfigured(
            f"Search needs the PostgreSQL extensions unaccent and pg_trgm, but they could not be created: {error} "
            "Run CREATE EXTENSION unaccent; CREATE EXTENSION pg_trgm; in this database as its owner or as a "
            "superuser, then run migrate again."
        ) from error


def _index_statements(configuration: str) -> Iterator[str]:
    stemmer = f"{configuration}_stem" if configuration != "simple" else configuration
    heading = f"{_weighted_vector('title', 'A')} || {_weighted_vector('keywords', 'B')}"
    everything = f"{heading} || {_weighted_vector('summary', 'C')} || {_weighted_vector('body', 'D')}"
    yield "ALTER TABLE search_indexentry DROP COLUMN IF EXISTS vector, DROP COLUMN IF EXISTS heading"
    yield "DROP TEXT SEARCH CONFIGURATION IF EXISTS site_search"
    yield f"CREATE TEXT SEARCH CONFIGURATION site_search (COPY = pg_catalog.{configuration})"
    yield (
        "ALTER TEXT SEARCH CONFIGURATION site_search ALTER MAPPING FOR hword, hword_part, word "
        f"WITH unaccent, {stemmer}"
    )
    yield (
        f"ALTER TABLE search_indexentry ADD COLUMN heading tsvector GENERATED ALWAYS AS ({heading}) STORED, "
        f"ADD COLUMN vector tsvector GENERATED ALWAYS AS ({everything}) STORED"
    )
    yield "CREATE INDEX search_indexentry_heading ON search_indexentry USING gin (heading)"
    yield "CREATE INDEX search_indexentry_vector ON search_indexentry USING gin (vector)"
    yield "DROP INDEX IF EXISTS search_vocabularyword_spelling"
    yield "CREATE INDEX search_vocabularyword_spelling ON search_vocabularyword USING gist (word gist_trgm_ops)"


def matches_sql(
    terms: Sequence[str], excluded_terms: Sequence[str], *, require_all: bool, condition: str = "1 = 1"
) -> Sql:
    """Rank entries with ts_rank."""
    query, params = _tsquery(terms, " && " if require_all else " || ")
    excluded, excluded_params = _tsquery(excluded_terms, " || ") if excluded_terms else ("''::tsquery", [])
    newest = [
        f"""(SELECT id, vector FROM search_indexentry
        WHERE {column} @@ {query} AND NOT vector @@ {excluded} AND {condition} ORDER BY id DESC LIMIT {MAX_RANKED})"""
        for column in ("heading", "vector")
    ]
    sql = f"SELECT id, ts_rank({_WEIGHTS}, vector, {query}) AS score FROM ({' UNION '.join(newest)}) newest"
    return sql, [*params, *params, *excluded_params, *params, *excluded_params]


def excerpt_sql(terms: Sequence[str]) -> Sql:
    """Cut 14 to 28 words around the matches with ts_headline."""
    query, params = _tsquery(terms, " || ")
    headline = f"ts_headline('site_search', translate(entry.body, %s, %s), {query}, %s)"
    return f"translate({headline}, %s, %s)", [
        _MARKUP,
        _PLACEHOLDERS,
        *params,
        _HEADLINE_OPTIONS,
        _PLACEHOLDERS,
        _MARKUP,
    ]


def similar_words_sql(word: str, limit: int, *, condition: str) -> Sql:
    """Rank words by trigram distance."""
    # Without a similarity threshold: short words with two letters swapped share few trigrams.
    return f"SELECT word FROM search_vocabularyword WHERE {condition} ORDER BY word <-> %s LIMIT %s", [word, limit]


def entries_with_word_sql(column: str) -> Sql:
    """Match the stemmed word."""
    query = f"plainto_tsquery('site_search', {column})"
    # A stop word gives an empty query. It is not indexed, and occurs in every text.
    sql = f"""SELECT id FROM search_indexentry WHERE vector @@ {query}
        UNION ALL SELECT id FROM search_indexentry WHERE numnode({query}) = 0"""
    return sql, []


def _tsquery(terms: Sequence[str], operator: str) -> Sql:
    return f"({operator.join(["phraseto_tsquery('site_search', %s)"] * len(terms))})", list(terms)


def _weighted_vector(column: str, weight: str) -> str:
    return f"setweight(to_tsvector('site_search', translate({column}, '{_MARKUP}', '   ')), '{weight}')"
