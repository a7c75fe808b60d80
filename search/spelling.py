"""Suggest a spelling for words that occur in no public document."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any

from django.db import connection

from search.backends import get_backend
from search.backends.base import Sql
from search.engine import public_condition
from search.models import VocabularyWord
from search.queries import Query

MAX_CORRECTED_WORDS = 4
MAX_CANDIDATES = 25
# How many entries with a form of a candidate are checked for its exact spelling.
MAX_ENTRIES_CHECKED = 20
# Minimum difflib ratio: "kne" is close enough to "knee", "nail" is not.
MIN_SIMILARITY = 0.7


def suggest(query: Query) -> str:
    """Return the query with misspelled words corrected, or "". Suggests only words in public documents."""
    words = tuple(word.lower() for word in query.words)
    checked = [word for word in words if VocabularyWord.MIN_LENGTH <= len(word) <= VocabularyWord.MAX_LENGTH]
    checked = checked[:MAX_CORRECTED_WORDS]
    if query.excluded_terms or not checked:
        return ""
    spellings = _find_spellings(checked)
    corrections = {word: _best_spelling(word, spellings[word]) for word in checked}
    corrected = tuple(corrections.get(word, word) for word in words)
    return " ".join(corrected) if corrected != words else ""


def _best_spelling(word: str, spellings: Collection[str]) -> str:
    """Return `word` if it is in `spellings`, else the spelling with two letters swapped, else the most similar."""
    for candidate in (word, *_transpositions(word)):
        if candidate in spellings:
            return candidate
    matches = get_close_matches(word, spellings, n=1, cutoff=MIN_SIMILARITY)
    return matches[0] if matches else word


def _transpositions(word: str) -> list[str]:
    """Return `word` with each pair of adjacent letters swapped, a typo that trigrams miss."""
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]


def _find_spellings(words: Sequence[str]) -> dict[str, list[str]]:
    """Return for each word itself if it occurs in public documents in any form, else similar spellings that do.

    A spelling is looked for in at most MAX_ENTRIES_CHECKED documents that contain a form of it: reading thousands
    would take seconds, and a rarer form is an unlikely correction.
    """
    spellings: dict[str, list[str]] = {word: [] for word in words}
    sql, params = _spellings_sql(words)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for number, spelling in cursor.fetchall():
            spellings[words[number]].append(spelling)
    return spellings


def _spellings_sql(words: Sequence[str]) -> Sql:
    known = " UNION ALL ".join(f"SELECT {number} AS number, CAST(%s AS text) AS word" for number in range(len(words)))
    candidates, candidate_params = _candidates_sql(words)
    entries, entry_params = _public_entries_sql("candidate.word")
    sql = f"""
        WITH known AS MATERIALIZED (SELECT number, word FROM ({known}) candidate WHERE EXISTS ({entries}))
        SELECT number, word FROM known
        UNION ALL
        SELECT number, word FROM ({candidates}) candidate WHERE EXISTS (
            SELECT 1 FROM ({entries}) entry
            WHERE lower(title || ' ' || keywords || ' ' || summary || ' ' || body)
                LIKE '%%' || candidate.word || '%%'
        )
    """
    return sql, [*words, *entry_params, *candidate_params, *entry_params]


def _candidates_sql(words: Sequence[str]) -> Sql:
    """Select similar vocabulary words for every word that is not known."""
    selects: list[str] = []
    params: list[Any] = []
    for number, word in enumerate(words):
        is_unknown = f"NOT EXISTS (SELECT 1 FROM known WHERE number = {number})"
        similar, similar_params = get_backend().similar_words_sql(word, MAX_CANDIDATES, condition=is_unknown)
        transpositions = _transpositions(word)
        placeholders = ", ".join(["%s"] * len(transpositions))
        selects.append(f"SELECT {number} AS number, word FROM ({similar}) similar{number}")
        selects.append(
            f"SELECT {number}, word FROM search_vocabularyword WHERE word IN ({placeholders}) AND {is_unknown}"
        )
        params += [*similar_params, *transpositions]
    return " UNION ALL ".join(selects), params


def _public_entries_sql(column: str) -> Sql:
    """Select some public entries that contain the word in `column` in any form."""
    matching, params = get_backend().entries_with_word_sql(column)
    public, public_params = public_condition("entry")
    # CROSS JOIN makes SQLite go from the hits to the entries instead of querying the index once for each entry.
    sql = f"""
        SELECT entry.title, entry.keywords, entry.summary, entry.body
        FROM ({matching}) hit CROSS JOIN search_indexentry entry
        WHERE entry.id = hit.id AND {public} LIMIT {MAX_ENTRIES_CHECKED}
    """
    return sql, [*params, *public_params]
