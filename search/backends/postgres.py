"""Search with PostgreSQL's full text: ranked by weight."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from search.backends.base import MAX_RANKED, Sql
from search.queries import Term
from search.tokens import STEM_MARK

# For body, summary, keywords and title, the order of ts_rank.
_WEIGHTS = "'{0.02, 0.2, 0.4, 1.0}'::float4[]"


def create_index(connection: BaseDatabaseWrapper) -> None:
    """Create indexed vector columns and a trigram index."""
    with connection.cursor() as cursor:
        _create_extension(cursor)
        for statement in _index_statements():
            cursor.execute(statement)


def _create_extension(cursor: Any) -> None:
    try:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        raise ImproperlyConfigured(
            f"Search needs the PostgreSQL extension pg_trgm, but it could not be created: {error} "
            "Run CREATE EXTENSION pg_trgm; in this database as its owner or as a superuser, then run migrate again."
        ) from error


def _index_statements() -> Iterator[str]:
    heading = f"{_weighted_vector('title', 'A')} || {_weighted_vector('keywords', 'B')}"
    everything = f"{heading} || {_weighted_vector('summary', 'C')} || {_weighted_vector('body', 'D')}"
    vectors = {
        "heading": heading,
        "vector": everything,
        "words_vector": "array_to_tsvector(array_remove(string_to_array(words || ' ' || keyword_words, ' '), ''))",
    }
    yield f"ALTER TABLE search_indexentry {', '.join(f'DROP COLUMN IF EXISTS {name}' for name in vectors)}"
    # From the versions that left folding and stemming to PostgreSQL.
    yield "DROP TEXT SEARCH CONFIGURATION IF EXISTS site_search"
    yield "DROP FUNCTION IF EXISTS search_vector"
    # PostgreSQL's parser takes some tokens apart, and depends on the database's locale. Tokens contain no quotes.
    yield """CREATE FUNCTION search_vector(tokens text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
        SELECT coalesce(string_agg('''' || token || ''':' || position, ' '), '')::tsvector
        FROM string_to_table(translate(tokens, E'\n', ' '), ' ') WITH ORDINALITY AS split(token, position)
        WHERE token <> '')"""
    columns = (f"ADD COLUMN {name} tsvector GENERATED ALWAYS AS ({sql}) STORED" for name, sql in vectors.items())
    yield f"ALTER TABLE search_indexentry {', '.join(columns)}"
    for name in vectors:
        yield f"CREATE INDEX search_indexentry_{name} ON search_indexentry USING gin ({name})"
    yield "DROP INDEX IF EXISTS search_vocabularyword_spelling"
    yield "CREATE INDEX search_vocabularyword_spelling ON search_vocabularyword USING gist (form gist_trgm_ops)"


def _weighted_vector(field: str, weight: str) -> str:
    return f"setweight(search_vector({field}_tokens), '{weight}')"


def matches_sql(
    terms: Sequence[Term], excluded_terms: Sequence[Term], *, require_all: bool, condition: str = "1 = 1"
) -> Sql:
    """Rank entries with ts_rank."""
    query = (" & " if require_all else " | ").join(map(_expression, terms))
    excluded = " | ".join(map(_expression, excluded_terms))
    newest = [
        f"""(SELECT id, vector FROM search_indexentry
        WHERE {column} @@ %s::tsquery AND NOT vector @@ %s::tsquery AND {condition}
        ORDER BY id DESC LIMIT {MAX_RANKED})"""
        for column in ("heading", "vector")
    ]
    sql = f"SELECT id, ts_rank({_WEIGHTS}, vector, %s::tsquery) AS score FROM ({' UNION '.join(newest)}) newest"
    return sql, [query, query, excluded, query, excluded]


def prefix_matches_sql(terms: Sequence[Term], excluded_terms: Sequence[Term], *, condition: str) -> Sql:
    """Look up stems and beginnings in the vector of words."""
    query = " & ".join(map(_prefix_expression, terms))
    excluded = " | ".join(map(_stems_expression, excluded_terms))
    sql = f"""SELECT id FROM search_indexentry WHERE words_vector @@ %s::tsquery AND NOT words_vector @@ %s::tsquery
        AND {condition} ORDER BY id DESC LIMIT {MAX_RANKED}"""
    return sql, [query, excluded]


def similar_words_sql(word: str, limit: int, *, condition: str) -> Sql:
    """Rank words by trigram distance."""
    # Without a similarity threshold: short words with two letters swapped share few trigrams.
    sql = f"SELECT word, form FROM search_vocabularyword WHERE {condition} ORDER BY form <-> %s LIMIT %s"
    return sql, [word, limit]


def entries_with_word_sql(column: str) -> Sql:
    """Match the word as it is, not as a beginning."""
    quoted = f"'''' || {column} || ''''"
    return f"SELECT id FROM search_indexentry WHERE words_vector @@ ({quoted})::tsquery", []


def _expression(term: Term) -> str:
    # Quoting makes any stem a lexeme. Stems contain no quotes.
    phrase = " <-> ".join(f"'{stem}'" for stem in term.stems) + (":*" if term.is_open else "")
    return f"(({phrase}) | '{term.compound}')" if term.compound else f"({phrase})"


def _prefix_expression(term: Term) -> str:
    return f"({_stems_expression(term)} | '{term.prefix}':*)" if term.prefix else _stems_expression(term)


def _stems_expression(term: Term) -> str:
    stems = " & ".join(f"'{STEM_MARK}{stem}'{':*' if term.is_open else ''}" for stem in term.stems)
    return f"(({stems}) | '{STEM_MARK}{term.compound}')" if term.compound else f"({stems})"
