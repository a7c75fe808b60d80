"""Searching with SQLite's FTS5: ranked by BM25, English stemmed, accents ignored."""

from collections.abc import Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from search.backends import ELLIPSIS, MARKS, MOST, Sql, language

# Far apart, since BM25 saturates: a word in the title beats any number of the same word further down.
_WEIGHTS = "1e8, 1e6, 1e4, 1.0"
_COLUMNS = ("title", "keywords", "summary", "body")


def create_index(connection: BaseDatabaseWrapper) -> None:
    """Virtual tables beside search_entry and search_word, kept by triggers."""
    # The only stemmer SQLite has is English; every other language is searched by whole words.
    stemmer = "porter " if language() == "english" else ""
    names = ", ".join(_COLUMNS)
    old, new = (", ".join(f"{row}.{name}" for name in _COLUMNS) for row in ("old", "new"))
    changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in _COLUMNS)
    remove = f"INSERT INTO search_index(search_index, rowid, {names}) VALUES ('delete', old.id, {old});"
    add = f"INSERT INTO search_index(rowid, {names}) VALUES (new.id, {new});"
    # Edges count in a spelling as letters do, as in PostgreSQL's pg_trgm.
    add_word = "INSERT INTO search_spelling(rowid, word) VALUES (new.id, '  ' || new.word || ' ');"
    statements = (
        *(f"DROP TRIGGER IF EXISTS search_{name}" for name in ("added", "removed", "changed")),
        *(f"DROP TRIGGER IF EXISTS search_word_{name}" for name in ("added", "removed")),
        *(f"DROP TABLE IF EXISTS search_{name}" for name in ("index", "spelling")),
        f"CREATE VIRTUAL TABLE search_index USING fts5({names}, content='search_entry', content_rowid='id', "
        f"tokenize='{stemmer}unicode61 remove_diacritics 2')",
        f"CREATE TRIGGER search_added AFTER INSERT ON search_entry BEGIN {add} END",
        f"CREATE TRIGGER search_removed AFTER DELETE ON search_entry BEGIN {remove} END",
        f"CREATE TRIGGER search_changed AFTER UPDATE ON search_entry WHEN {changed} BEGIN {remove} {add} END",
        "INSERT INTO search_index(search_index) VALUES ('rebuild')",
        "CREATE VIRTUAL TABLE search_spelling USING fts5(word, tokenize='trigram')",
        f"CREATE TRIGGER search_word_added AFTER INSERT ON search_word BEGIN {add_word} END",
        "CREATE TRIGGER search_word_removed AFTER DELETE ON search_word "
        "BEGIN DELETE FROM search_spelling WHERE rowid = old.id; END",
        "INSERT INTO search_spelling(rowid, word) SELECT id, '  ' || word || ' ' FROM search_word",
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def matching(wanted: Sequence[str], unwanted: Sequence[str], *, every: bool, condition: str = "1 = 1") -> Sql:
    match = f"({_joined(wanted, ' AND ' if every else ' OR ')})"
    without = f" NOT ({_joined(unwanted, ' OR ')})" if unwanted else ""
    # Rows come by their number from the index itself, so no more are ranked than are taken.
    best = f"""SELECT * FROM (
        SELECT rowid AS id, -bm25(search_index, {_WEIGHTS}) AS score
        FROM search_index WHERE search_index MATCH {_only_if(condition)} ORDER BY rowid DESC LIMIT {MOST})"""
    sql = f"SELECT id, max(score) AS score FROM ({best} UNION ALL {best}) GROUP BY id"
    return sql, [f"({{title keywords}} : {match}){without}", match + without]


def snippet(wanted: Sequence[str]) -> Sql:
    sql = """(SELECT snippet(search_index, 3, %s, %s, %s, 28) FROM search_index
        WHERE search_index MATCH %s AND rowid = entry.id)"""
    return sql, [*MARKS, ELLIPSIS, _joined(wanted, " OR ")]


def similar(word: str, count: int, *, condition: str) -> Sql:
    padded = f"  {word} "
    trigrams = {padded[start : start + 3] for start in range(len(padded) - 2)}
    sql = f"""SELECT trim(word) AS word FROM search_spelling
        WHERE search_spelling MATCH {_only_if(condition)} AND abs(length(word) - %s) < 3 ORDER BY rank LIMIT %s"""
    return sql, [_joined(sorted(trigrams), " OR "), len(padded), count]


def evidence(column: str) -> Sql:
    return f"""SELECT rowid AS id FROM search_index WHERE search_index MATCH '"' || {column} || '"'""", []


def _only_if(condition: str) -> str:
    # Within the question, which is then an empty phrase: beside it, SQLite would read every match and ask each time.
    return f"""CASE WHEN {condition} THEN %s ELSE '""' END"""


def _joined(words: Sequence[str], operator: str) -> str:
    # In quotes all signs are words or nothing; the words hold no quotes (see Query).
    return operator.join(f'"{word}"' for word in words)
