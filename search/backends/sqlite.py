"""Search with SQLite's FTS5: ranked by BM25."""

from collections.abc import Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from search.backends.base import MAX_RANKED, Sql
from search.queries import Term
from search.tokens import STEM_MARK

# Far apart because BM25 saturates: one match in the title must beat any number of matches in the body.
_WEIGHTS = "1e8, 1e6, 1e4, 1.0"
_HEADING = "{title_tokens keywords_tokens}"
# BM25 reads all matches of each word, which takes 14 ms with 100,000. With more matches than this, it is not computed,
# and these are the scores of matches in some columns.
_MAX_SCORED = 2000
_SCORES = {"{title_tokens}": "2.0", _HEADING: "1.0"}
_WORDS = ("words", "keyword_words")
_TOKENS = ("title_tokens", "keywords_tokens", "summary_tokens", "body_tokens")


def create_index(connection: BaseDatabaseWrapper) -> None:
    """Create virtual tables over entries and vocabulary, updated by triggers."""
    with connection.cursor() as cursor:
        for statement in (*_drop_statements(), *_entry_index_statements(), *_spelling_index_statements()):
            cursor.execute(statement)


def _drop_statements() -> Iterator[str]:
    changes = ("entry_added", "entry_removed", "entry_changed", "words_changed", "word_added", "word_removed")
    for trigger in changes:
        yield f"DROP TRIGGER IF EXISTS search_{trigger}"
    for table in ("fulltext", "words", "spelling"):
        yield f"DROP TABLE IF EXISTS search_{table}"


def _entry_index_statements() -> Iterator[str]:
    # Texts arrive folded and stemmed. This tokenizer takes everything outside ASCII for letters.
    options = "content='search_indexentry', content_rowid='id', tokenize='ascii'"
    yield f"CREATE VIRTUAL TABLE search_fulltext USING fts5({', '.join(_TOKENS)}, {options})"
    # Without positions, which would take most of its size.
    yield f"CREATE VIRTUAL TABLE search_words USING fts5({', '.join(_WORDS)}, detail=none, {options})"
    remove = _write("fulltext", _TOKENS, "old", is_removed=True) + _write("words", _WORDS, "old", is_removed=True)
    add = _write("fulltext", _TOKENS, "new") + _write("words", _WORDS, "new")
    is_changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in (*_TOKENS, *_WORDS))
    yield f"CREATE TRIGGER search_entry_added AFTER INSERT ON search_indexentry BEGIN {add} END"
    yield f"CREATE TRIGGER search_entry_removed AFTER DELETE ON search_indexentry BEGIN {remove} END"
    yield (
        f"CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_indexentry WHEN {is_changed} "
        f"BEGIN {remove} {add} END"
    )
    for table in ("fulltext", "words"):
        yield f"INSERT INTO search_{table}(search_{table}) VALUES ('rebuild')"


def _write(table: str, columns: Sequence[str], row: str, *, is_removed: bool = False) -> str:
    """Return a trigger's statement that adds or removes a row of the index."""
    names, values = ", ".join(columns), ", ".join(f"{row}.{name}" for name in columns)
    if is_removed:
        return f"INSERT INTO search_{table}(search_{table}, rowid, {names}) VALUES ('delete', old.id, {values});"
    return f"INSERT INTO search_{table}(rowid, {names}) VALUES (new.id, {values});"


def _spelling_index_statements() -> Iterator[str]:
    # Padded like in PostgreSQL's pg_trgm, so that the edges of a word count as letters do.
    add = "INSERT INTO search_spelling(rowid, form) VALUES (new.id, '  ' || new.form || ' ');"
    remove = "DELETE FROM search_spelling WHERE rowid = old.id;"
    yield "CREATE VIRTUAL TABLE search_spelling USING fts5(form, tokenize='trigram')"
    yield f"CREATE TRIGGER search_word_added AFTER INSERT ON search_vocabularyword BEGIN {add} END"
    yield f"CREATE TRIGGER search_word_removed AFTER DELETE ON search_vocabularyword BEGIN {remove} END"
    yield "INSERT INTO search_spelling(rowid, form) SELECT id, '  ' || form || ' ' FROM search_vocabularyword"


def matches_sql(
    terms: Sequence[Term], excluded_terms: Sequence[Term], *, require_all: bool, condition: str = "1 = 1"
) -> Sql:
    """Rank entries by BM25. With more than _MAX_SCORED, all of `terms` in the title count most, then the time."""
    match = f"({_join(terms, ' AND ' if require_all else ' OR ')})"
    exclusion = f" NOT ({_join(excluded_terms, ' OR ')})" if excluded_terms else ""
    matches = {columns: f"({columns} : {match}){exclusion}" for columns in _SCORES}
    everywhere = match + exclusion
    score = f"-bm25(search_fulltext, {_WEIGHTS})"
    if not require_all:
        newest = _newest_sql(score, condition)
        return _best_sql([newest, newest]), [matches[_HEADING], everywhere]
    few, many = (f"{condition} AND (SELECT size FROM matching) {sign} {_MAX_SCORED}" for sign in ("<=", ">"))
    scored = [_newest_sql(score, few)] * 2
    unscored = [_newest_sql(each, many) for each in (*_SCORES.values(), "0.0")]
    sql = f"""WITH matching AS MATERIALIZED (SELECT count(*) AS size FROM (SELECT 1 FROM search_fulltext
        WHERE search_fulltext MATCH {_match_if(condition)} LIMIT {_MAX_SCORED + 1}))
        {_best_sql([*scored, *unscored])}"""
    return sql, [everywhere, matches[_HEADING], everywhere, *matches.values(), everywhere]


def _newest_sql(score: str, condition: str) -> str:
    # Rows come in rowid order from the index itself, so only MAX_RANKED of them are ranked.
    return f"""SELECT * FROM (SELECT rowid AS id, {score} AS score FROM search_fulltext
        WHERE search_fulltext MATCH {_match_if(condition)} ORDER BY rowid DESC LIMIT {MAX_RANKED})"""


def _best_sql(selects: Sequence[str]) -> str:
    return f"SELECT id, max(score) AS score FROM ({' UNION ALL '.join(selects)}) GROUP BY id"


def prefix_matches_sql(terms: Sequence[Term], excluded_terms: Sequence[Term], *, condition: str) -> Sql:
    """Look up stems and beginnings in the index of words."""
    match = " AND ".join(map(_prefix_expression, terms))
    exclusion = f" NOT ({' OR '.join(map(_stems_expression, excluded_terms))})" if excluded_terms else ""
    sql = f"""SELECT * FROM (SELECT rowid AS id FROM search_words
        WHERE search_words MATCH {_match_if(condition)} ORDER BY rowid DESC LIMIT {MAX_RANKED})"""
    return sql, [f"({match}){exclusion}"]


def similar_words_sql(word: str, limit: int, *, condition: str) -> Sql:
    """Rank words of about the same length by shared trigrams."""
    padded = f"  {word} "
    trigrams = {padded[start : start + 3] for start in range(len(padded) - 2)}
    match = " OR ".join(f'"{trigram}"' for trigram in sorted(trigrams))
    sql = f"""SELECT word, form FROM search_vocabularyword WHERE id IN (
        SELECT rowid FROM search_spelling
        WHERE search_spelling MATCH {_match_if(condition)} AND abs(length(form) - %s) < 3 ORDER BY rank LIMIT %s)"""
    return sql, [match, len(padded), limit]


def entries_with_word_sql(column: str) -> Sql:
    """Match the word as it is, not as a beginning."""
    return f"""SELECT rowid AS id FROM search_words WHERE search_words MATCH '"' || {column} || '"'""", []


def _match_if(condition: str) -> str:
    # The condition is inside MATCH, where it yields an empty phrase. Outside it, SQLite would test it for every match.
    return f"""CASE WHEN {condition} THEN %s ELSE '""' END"""


def _join(terms: Sequence[Term], operator: str) -> str:
    return operator.join(map(_expression, terms))


def _expression(term: Term) -> str:
    # Quoting turns FTS5 operators into words. Stems contain no quotes.
    phrase = f'"{" ".join(term.stems)}"{" *" if term.is_open else ""}'
    return f'({phrase} OR "{term.compound}")' if term.compound else phrase


def _prefix_expression(term: Term) -> str:
    return f'({_stems_expression(term)} OR "{term.prefix}" *)' if term.prefix else _stems_expression(term)


def _stems_expression(term: Term) -> str:
    stems = " AND ".join(f'"{STEM_MARK}{stem}"{" *" if term.is_open else ""}' for stem in term.stems)
    return f'(({stems}) OR "{STEM_MARK}{term.compound}")' if term.compound else f"({stems})"
