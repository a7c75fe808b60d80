"""The interface of a search backend, and what the backends share."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import get_language_info

# Surround a match in an excerpt until it is escaped. Texts are indexed without control characters.
MATCH_START, MATCH_END = "\x02", "\x03"
ELLIPSIS = "…"
# At most this many of the newest matches are ranked, so that a word in every post stays cheap.
MAX_RANKED = 200

type Sql = tuple[str, Sequence[Any]]


class Backend(Protocol):
    """A module that writes SQL for one database. SQL is a pair of text and parameters."""

    def create_index(self, connection: BaseDatabaseWrapper) -> None:
        """Create or recreate the index over entries and vocabulary, and fill it."""

    def matches_sql(
        self, terms: Sequence[str], excluded_terms: Sequence[str], *, require_all: bool, condition: str
    ) -> Sql:
        """Return a SELECT of `id` and `score` (higher is better) of entries with all or any of `terms`.

        It ranks the MAX_RANKED newest entries with a match in title or keywords and the MAX_RANKED newest with a
        match anywhere, and returns nothing unless `condition` is true.
        """

    def excerpt_sql(self, terms: Sequence[str]) -> Sql:
        """Return an expression for the text around the matches in the body of the row `entry`."""

    def similar_words_sql(self, word: str, limit: int, *, condition: str) -> Sql:
        """Return a SELECT of `word`: the `limit` most similarly spelled words, or none unless `condition` is true."""

    def entries_with_word_sql(self, column: str) -> Sql:
        """Return a SELECT of `id` of the entries that contain the word in `column` in any form."""


def language_name() -> str:
    """Return the English name of the site's language, such as "english"."""
    return str(get_language_info(settings.LANGUAGE_CODE)["name"]).lower()
