"""Searching with PostgreSQL's full text: stemmed in the site's language, accents ignored, ranked by weight."""

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from search.backends import ELLIPSIS, MARKS, MOST, Sql, language

# For body, summary, keywords and title, in the order ts_rank takes.
_WEIGHTS = "'{0.02, 0.2, 0.4, 1.0}'::float4[]"
# Signs that PostgreSQL takes for markup and files, so that words in and after them would be lost: they are words
# apart, and give way to control characters while a snippet is made.
_SIGNS, _SWAPPED = "<>/", "\x04\x05\x06"
_HEADLINE = (
    f"StartSel={MARKS[0]}, StopSel={MARKS[1]}, MaxFragments=1, MinWords=14, MaxWords=28, FragmentDelimiter={ELLIPSIS}"
)


def create_index(connection: BaseDatabaseWrapper) -> None:
    """A configuration for the site's language, generated columns with their indexes, and one of trigrams."""
    with connection.cursor() as cursor:
        try:
            for name in ("unaccent", "pg_trgm"):
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
        except DatabaseError as error:
            raise ImproperlyConfigured(
                f"Search needs the PostgreSQL extensions unaccent and pg_trgm, and they could not be created: {error} "
                "Run CREATE EXTENSION unaccent; CREATE EXTENSION pg_trgm; in this database as its owner or as a "
                "superuser, then migrate again."
            ) from error
        cursor.execute("SELECT 1 FROM pg_ts_config WHERE cfgname = %s", [language()])
        name = language() if cursor.fetchone() else "simple"
        stemmer = f"{name}_stem" if name != "simple" else name
        heading = f"{_vector('title', 'A')} || {_vector('keywords', 'B')}"
        everything = f"{heading} || {_vector('summary', 'C')} || {_vector('body', 'D')}"
        for statement in (
            "ALTER TABLE search_entry DROP COLUMN IF EXISTS vector, DROP COLUMN IF EXISTS heading",
            "DROP TEXT SEARCH CONFIGURATION IF EXISTS site_search",
            f"CREATE TEXT SEARCH CONFIGURATION site_search (COPY = pg_catalog.{name})",
            "ALTER TEXT SEARCH CONFIGURATION site_search ALTER MAPPING FOR hword, hword_part, word "
            f"WITH unaccent, {stemmer}",
            f"ALTER TABLE search_entry ADD COLUMN heading tsvector GENERATED ALWAYS AS ({heading}) STORED, "
            f"ADD COLUMN vector tsvector GENERATED ALWAYS AS ({everything}) STORED",
            "CREATE INDEX search_entry_heading ON search_entry USING gin (heading)",
            "CREATE INDEX search_entry_vector ON search_entry USING gin (vector)",
            "DROP INDEX IF EXISTS search_word_spelling",
            "CREATE INDEX search_word_spelling ON search_word USING gist (word gist_trgm_ops)",
        ):
            cursor.execute(statement)


def matching(wanted: Sequence[str], unwanted: Sequence[str], *, every: bool, condition: str = "1 = 1") -> Sql:
    query, params = _query(wanted, " && " if every else " || ")
    without, more = _query(unwanted, " || ") if unwanted else ("''::tsquery", [])
    best = [
        f"""(SELECT id, vector FROM search_entry
        WHERE {column} @@ {query} AND NOT vector @@ {without} AND {condition} ORDER BY id DESC LIMIT {MOST})"""
        for column in ("heading", "vector")
    ]
    sql = f"SELECT id, ts_rank({_WEIGHTS}, vector, {query}) AS score FROM ({' UNION '.join(best)}) best"
    return sql, [*params, *params, *more, *params, *more]


def snippet(wanted: Sequence[str]) -> Sql:
    query, params = _query(wanted, " || ")
    headline = f"ts_headline('site_search', translate(entry.body, %s, %s), {query}, %s)"
    return f"translate({headline}, %s, %s)", [_SIGNS, _SWAPPED, *params, _HEADLINE, _SWAPPED, _SIGNS]


def similar(word: str, count: int, *, condition: str) -> Sql:
    # By distance and without a threshold: short words with two letters exchanged have little in common.
    return f"SELECT word FROM search_word WHERE {condition} ORDER BY word <-> %s LIMIT %s", [word, count]


def evidence(column: str) -> Sql:
    query = f"plainto_tsquery('site_search', {column})"
    # Words that are too common to be indexed are in every text.
    sql = f"""SELECT id FROM search_entry WHERE vector @@ {query}
        UNION ALL SELECT id FROM search_entry WHERE numnode({query}) = 0"""
    return sql, []


def _query(words: Sequence[str], operator: str) -> Sql:
    return f"({operator.join(["phraseto_tsquery('site_search', %s)"] * len(words))})", list(words)


def _vector(column: str, weight: str) -> str:
    return f"setweight(to_tsvector('site_search', translate({column}, '{_SIGNS}', '   ')), '{weight}')"
