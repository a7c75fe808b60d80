"""Search with SQLite's FTS5: ranked by BM25, English stemmed, accents ignored."""

from collections.abc import Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from search.backends.base import ELLIPSIS, MATCH_END, MATCH_START, MAX_RANKED, Sql, language_name

# Far apart because BM25 saturates: one match in the title must beat any number of matches in the body.
_WEIGHTS = "1e8, 1e6, 1e4, 1.0"
_COLUMNS = ("title", "keywords", "summary", "body")


def create_index(connection: BaseDatabaseWrapper) -> None:
    """Create virtual tables over entries and vocabulary, updated by triggers."""
    with connection.cursor() as cursor:
        for statement in (*_drop_statements(), *_entry_index_statements(), *_spelling_index_statements()):
            cursor.execute(statement)


def _drop_statements() -> Iterator[str]:
    for trigger in ("entry_added", "entry_removed", "entry_changed", "word_added", "word_removed"):
        yield f"DROP TRIGGER IF EXISTS search_{trigger}"
    for table in ("fulltext", "spelling"):
        yield f"DROP TABLE IF EXISTS search_{table}"


def _entry_index_statements() -> Iterator[str]:
    # SQLite only ships an English stemmer; other languages are searched by whole words.
    stemmer = "porter " if language_name() == "english" else ""
    names = ", ".join(_COLUMNS)
    old, new = (", ".join(f"{row}.{name}" for name in _COLUMNS) for row in ("old", "new"))
    is_changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in _COLUMNS)
    remove = f"INSERT INTO search_fulltext(search_fulltext, rowid, {names}) VALUES ('delete', old.id, {old});"
    add = f"INSERT INTO search_fulltext(rowid, {names}) VALUES (new.id, {new});"
    yield (
        f"CREATE VIRTUAL TABLE search_fulltext USING fts5({names}, content='search_indexentry', content_rowid='id', "
        f"tokenize='{stemmer}unicode61 remove_diacritics 2')"
    )
    yield f"CREATE TRIGGER search_entry_added AFTER INSERT ON search_indexentry BEGIN {add} END"
    yield f"CREATE TRIGGER search_entry_removed AFTER DELETE ON search_indexentry BEGIN {remove} END"
    yield (
        f"CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_indexentry WHEN {is_changed} "
        f"BEGIN {remove} {add} END"
    )
    yield "INSERT INTO search_fulltext(search_fulltext) VALUES ('rebuild')"


def _spelling_index_statements() -> Iterator[str]:
    # Padded like in PostgreSQL's pg_trgm, so that the edges of a word count as letters do.
    add = "INSERT INTO search_spelling(rowid, word) VALUES (new.id, '  ' || new.word || ' ');"
    remove = "DELETE FROM search_spelling WHERE rowid = old.id;"
    yield "CREATE VIRTUAL TABLE search_spelling USING fts5(word, tokenize='trigram')"
    yield f"CREATE TRIGGER search_word_added AFTER INSERT ON search_vocabularyword BEGIN {add} END"
    yield f"CREATE TRIGGER search_word_removed AFTER DELETE ON search_vocabularyword BEGIN {remove} END"
    yield "INSERT INTO search_spelling(rowid, word) SELECT id, '  ' || word || ' ' FROM search_vocabularyword"


def matches_sql(
    terms: Sequence[str], excluded_terms: Sequence[str], *, require_all: bool, condition: str = "1 = 1"
) -> Sql:
    """Rank entries by BM25."""
    match = f"({_join_quoted(terms, ' AND ' if require_all else ' OR ')})"
    exclusion = f" NOT ({_join_quoted(excluded_terms, ' OR ')})" if excluded_terms else ""
    # Rows come in rowid order from the index itself, so only MAX_RANKED of them are ranked.
    newest = f"""SELECT * FROM (
        SELECT rowid AS id, -bm25(search_fulltext, {_WEIGHTS}) AS score
        FROM search_fulltext
        WHERE search_fulltext MATCH {_match_if(condition)} ORDER BY rowid DESC LIMIT {MAX_RANKED})"""
    sql = f"SELECT id, max(score) AS score FROM ({newest} UNION ALL {newest}) GROUP BY id"
    return sql, [f"({{title keywords}} : {match}){exclusion}", match + exclusion]


def excerpt_sql(terms: Sequence[str]) -> Sql:
    """Cut 28 words around the matches."""
    sql = """(SELECT snippet(search_fulltext, 3, %s, %s, %s, 28) FROM search_fulltext
        WHERE search_fulltext MATCH %s AND rowid = entry.id)"""
    return sql, [MATCH_START, MATCH_END, ELLIPSIS, _join_quoted(terms, " OR ")]


def similar_words_sql(word: str, limit: int, *, condition: str) -> Sql:
    """Rank words of about the same length by shared trigrams."""
    padded = f"  {word} "
    trigrams = {padded[start : start + 3] for start in range(len(padded) - 2)}
    sql = f"""SELECT trim(word) AS word FROM search_spelling
        WHERE search_spelling MATCH {_match_if(condition)} AND abs(length(word) - %s) < 3 ORDER BY rank LIMIT %s"""
    return sql, [_join_quoted(sorted(trigrams), " OR "), len(padded), limit]


def entries_with_word_sql(column: str) -> Sql:
    """Match the stemmed word."""
    return f"""SELECT rowid AS id FROM search_fulltext WHERE search_fulltext MATCH '"' || {column} || '"'""", []


def _match_if(condition: str) -> str:
    # The condition is inside MATCH, where it yields an empty phrase. Outside it, SQLite would test it for every match.
    return f"""CASE WHEN {condition} THEN %s ELSE '""' END"""


def _join_quoted(terms: Sequence[str], operator: str) -> str:
    # Quoting turns FTS5 operators into words. Terms contain no quotes, see Query.
    return operator.join(f'"{term}"' for term in terms)
