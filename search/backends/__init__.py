"""What the two databases do each in their own way, behind one small interface."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import get_language_info

# Around a found word in a snippet, until it is escaped.
MARKS = ("\x02", "\x03")
ELLIPSIS = "…"
# How many are ranked: a word in every post must not cost more with every post.
MOST = 200

type Sql = tuple[str, Sequence[Any]]


class Backend(Protocol):
    """A module that knows one database. SQL is a pair of text and parameters."""

    def create_index(self, connection: BaseDatabaseWrapper) -> None:
        """Make the index over entries and words, anew if there is one already, and fill it from them."""

    def matching(self, wanted: Sequence[str], unwanted: Sequence[str], *, every: bool, condition: str) -> Sql:
        """A SELECT of `id` and `score` (better is higher) of the entries with every or any of the `wanted`.

        Taken are the MOST latest that have them in title or keywords, and the MOST latest that have them anywhere.
        """

    def snippet(self, wanted: Sequence[str]) -> Sql:
        """An expression: the words around what was found in the body of the row `entry`, with MARKS."""

    def similar(self, word: str, count: int, *, condition: str) -> Sql:
        """A SELECT of `word`: those spelt most like `word`, none at all unless the `condition` holds."""

    def evidence(self, column: str) -> Sql:
        """A SELECT of `id` of the entries in which the word in `column` occurs, in whatever form."""


def backend() -> Backend:
    """The one for the database in use."""
    name = {"sqlite": "sqlite", "postgresql": "postgres"}[connection.vendor]
    return cast(Backend, import_module(f"search.backends.{name}"))


def language() -> str:
    """The site's language by its English name, such as "english"."""
    return str(get_language_info(settings.LANGUAGE_CODE)["name"]).lower()
