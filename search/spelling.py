"""Suggest a spelling for words that occur in no public document."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from django.db import connection

from search.backends import get_backend
from search.backends.base import Sql
from search.engine import public_condition
from search.models import VocabularyWord
from search.queries import Query
from search.tokens import STEM_MARK
from search.words import is_unspaced, stem

MAX_CORRECTED_WORDS = 4
MAX_CANDIDATES = 25
# Minimum difflib ratio: "kne" is close enough to "knee", "nail" is not.
MIN_SIMILARITY = 0.7


def suggest(query: Query) -> str:
    """Return the query with misspelled words corrected, or "". Suggests only words in public documents."""
    words = query.words
    checked = [word for word in words if VocabularyWord.MIN_LENGTH <= len(word) <= VocabularyWord.MAX_LENGTH]
    checked = checked[:MAX_CORRECTED_WORDS]
    if query.excluded_terms or not checked or any(map(is_unspaced, words)):
        return ""
    spellings = _find_spellings(checked)
    corrections = {word: _best_spelling(word, spellings[word]) for word in checked}
    corrected = tuple(corrections.get(word, word) for word in words)
    return " ".join(corrected) if corrected != words else ""


def _best_spelling(word: str, spellings: Mapping[str, str]) -> str:
    """Return `word` if it is among the forms, else the spelling with two letters swapped, else the most similar."""
    for candidate in (word, *_transpositions(word)):
        if candidate in spellings:
            return spellings[candidate]
    matches = get_close_matches(word, spellings, n=1, cutoff=MIN_SIMILARITY)
    return spellings[matches[0]] if matches else word


def _transpositions(word: str) -> list[str]:
    """Return `word` with each pair of adjacent letters swapped, a typo that trigrams miss."""
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]


def _find_spellings(words: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return for each word itself if it occurs in public documents in any form, else similar spellings that do.

    Spellings are by their form.
    """
    spellings: dict[str, dict[str, str]] = {word: {} for word in words}
    sql, params = _spellings_sql(words)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for number, spelling, form in cursor.fetchall():
            spellings[words[number]][form] = spelling
    return spellings


def _spellings_sql(words: Sequence[str]) -> Sql:
    typed = " UNION ALL ".join(
        f"SELECT {number} AS number, CAST(%s AS text) AS form, CAST(%s AS text) AS token"
        for number in range(len(words))
    )
    typed_params = [param for word in words for param in (word, STEM_MARK + stem(word))]
    candidates, candidate_params = _candidates_sql(words)
    entries, entry_params = _public_entries_sql("candidate.token")
    sql = f"""
        WITH known AS MATERIALIZED (SELECT number, form FROM ({typed}) candidate WHERE EXISTS ({entries}))
        SELECT number, form AS word, form FROM known
        UNION ALL
        SELECT number, word, token FROM ({candidates}) candidate WHERE EXISTS ({entries})
    """
    return sql, [*typed_params, *entry_params, *candidate_params, *entry_params]


def _candidates_sql(words: Sequence[str]) -> Sql:
    """Select similar vocabulary words for every word that is not known."""
    selects: list[str] = []
    params: list[Any] = []
    for number, word in enumerate(words):
        is_unknown = f"NOT EXISTS (SELECT 1 FROM known WHERE number = {number})"
        similar, similar_params = get_backend().similar_words_sql(word, MAX_CANDIDATES, condition=is_unknown)
        transpositions = _transpositions(word)
        placeholders = ", ".join(["%s"] * len(transpositions))
        selects.append(f"SELECT {number} AS number, word, form AS token FROM ({similar}) similar{number}")
        selects.append(
            f"SELECT {number}, word, form FROM search_vocabularyword WHERE form IN ({placeholders}) AND {is_unknown}"
        )
        params += [*similar_params, *transpositions]
    return " UNION ALL ".join(selects), params


def _public_entries_sql(column: str) -> Sql:
    """Select public entries with the word or marked stem in `column`."""
    matching, params = get_backend().entries_with_word_sql(column)
    public, public_params = public_condition("entry")
    # CROSS JOIN makes SQLite go from the hits to the entries instead of querying the index once for each entry.
    sql = f"""
        SELECT 1 FROM ({matching}) hit CROSS JOIN search_indexentry entry WHERE entry.id = hit.id AND {public}
    """
    return sql, [*params, *public_params]
