"""The interface of a search backend, and what the backends share."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from search.queries import Term

# At most this many of the newest matches are ranked, so that a word in every post stays cheap.
MAX_RANKED = 200

type Sql = tuple[str, Sequence[Any]]


class Backend(Protocol):
    """A module that writes SQL for one database. SQL is a pair of text and parameters."""

    def create_index(self, connection: BaseDatabaseWrapper) -> None:
        """Create or recreate the index over entries and vocabulary, and fill it."""

    def matches_sql(
        self, terms: Sequence[Term], excluded_terms: Sequence[Term], *, require_all: bool, condition: str
    ) -> Sql:
        """Return a SELECT of `id` and `score` (higher is better) of entries with all or any of `terms`.

        It ranks the MAX_RANKED newest entries with a match in title or keywords and the MAX_RANKED newest with a
        match anywhere, and returns nothing unless `condition` is true.
        """

    def prefix_matches_sql(self, terms: Sequence[Term], excluded_terms: Sequence[Term], *, condition: str) -> Sql:
        """Return a SELECT of `id` of the MAX_RANKED newest entries with each term, or a word that starts with it.

        It ignores the order of words, and returns nothing unless `condition` is true.
        """

    def similar_words_sql(self, word: str, limit: int, *, condition: str) -> Sql:
        """Return a SELECT of `word` and `form` of the `limit` most similarly spelled words, if `condition` is true."""

    def entries_with_word_sql(self, column: str) -> Sql:
        """Return a SELECT of `id` of the entries with the folded word or the marked stem in `column`."""
