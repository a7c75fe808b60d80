"""The lookup `contains_folded`: filter rows by text as people type it, with the same result on every database.

SQLite calls `fold` for each row. PostgreSQL cannot, so it gets a regular expression that lists the characters each
letter may stand for. Neither needs a second column.
"""

import sys
import unicodedata
from collections import defaultdict
from functools import cache
from itertools import chain
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import CharField, TextField
from django.db.models.lookups import BuiltinLookup
from django.db.models.sql.compiler import SQLCompiler
from django.dispatch import receiver

from plaintext.characters import character_class
from plaintext.folding import fold

# Where characters are that fold to others, as of Unicode 15.1. Outside, only digits do.
_FOLDED_BLOCKS = (
    range(0x3400), range(0xA640, 0xAC00), range(0xF900, 0x10000), range(0x10400, 0x11900), range(0x13430, 0x13440),
    range(0x16E40, 0x16E60), range(0x1BCA0, 0x1BCA4), range(0x1D100, 0x1D800), range(0x1DF00, 0x1DF30),
    range(0x1E030, 0x1E070), range(0x1E900, 0x1E922), range(0x1EE00, 0x1F252), range(0x2F800, 0x2FA20),
    range(0xE0000, 0xE0200),
)  # fmt: skip
# Ligatures that overlap, as in "ffffff", double the alternatives with each letter. So "1/41/" is not found in "¼¼".
_MAX_OVERLAP = 4
type _Sql = tuple[str, tuple[str | int, ...]]


@CharField.register_lookup
@TextField.register_lookup
class ContainsFolded(BuiltinLookup):
    """Whether a field contains a text after both are folded."""

    lookup_name = "contains_folded"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: str | int, connection: BaseDatabaseWrapper) -> _Sql:
        """Return the text as the database needs it."""
        prepare = _collapsed if connection.vendor == "sqlite" else folded_pattern
        return "%s", (prepare(str(value)),)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        """Call the function that `add_sqlite_function` defines, or match a regular expression."""
        column, column_params = self.process_lhs(compiler, connection)
        text, params = self.process_rhs(compiler, connection)
        sql = f"CONTAINS_FOLDED({column}, {text})" if connection.vendor == "sqlite" else f"{column} ~ {text}"
        return sql, (*column_params, *params)


@receiver(connection_created)
def add_sqlite_function(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Define the function behind the lookup on a new connection to SQLite."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("CONTAINS_FOLDED", 2, _contains_folded, deterministic=True)


def _contains_folded(text: str | None, folded: str) -> bool:
    return text is not None and folded in (_collapsed(text) if " " in folded else fold(text))


def _collapsed(text: str) -> str:
    return " ".join(fold(text).split())


@cache
def _sources() -> dict[str, str]:
    """Return the characters that fold to a text, by that text. Those that fold to nothing are under ""."""
    sources = defaultdict[str, str](str)
    digits = (code for code in range(0x3400, sys.maxunicode) if chr(code).isdecimal())
    for code in dict.fromkeys(chain(*_FOLDED_BLOCKS, digits)):
        # PostgreSQL stores neither NUL nor surrogates.
        if code and not 0xD800 <= code < 0xE000:
            sources[fold(chr(code))] += chr(code)
    return sources


@cache
def _ligatures() -> list[str]:
    """Return the texts of several letters that a single character can stand for."""
    return [text for text in _sources() if len(text) > 1]


def folded_pattern(text: str) -> str:
    """Return a regular expression, for Python and PostgreSQL, that finds texts which contain `text` after folding."""
    folded = _collapsed(text)
    ends = [_ligature_ends(folded, start) for start in range(len(folded))]
    pattern, start = "", 0
    while start < len(folded):
        # A part that no ligature crosses the end of.
        end, at = start + 1, start
        while at < end and end - start < _MAX_OVERLAP:
            end = max(end, *ends[at]) if ends[at] else end
            at += 1
        pattern += _part_pattern(folded, ends, start, min(end, len(folded)))
        start = end
    return pattern


def _ligature_ends(text: str, start: int) -> dict[int, str]:
    """Return the characters that stand for `text` from `start` to an end, by that end.

    At the edges of `text` a character may stand for more: "stras" is in "Straße".
    """
    ends = defaultdict[int, str](str)
    rest = text[start:]
    for ligature in _ligatures():
        for cut in range(len(ligature) if start == 0 else 1):
            part = ligature[cut:]
            if rest.startswith(part) or part.startswith(rest):
                ends[start + min(len(part), len(rest))] += _sources()[ligature]
    return ends


def _part_pattern(text: str, ends: list[dict[int, str]], start: int, stop: int) -> str:
    if start == stop:
        return ""
    ignored = f"{character_class(_sources()[''])}*"
    options = [_character_pattern(text[start]) + ignored + _part_pattern(text, ends, start + 1, stop)]
    for end, characters in ends[start].items():
        if end <= stop:
            options.append(character_class(characters) + ignored + _part_pattern(text, ends, end, stop))
    return f"(?:{'|'.join(options)})" if len(options) > 1 else options[0]


@cache
def _character_pattern(character: str) -> str:
    """Return a pattern for the characters that fold to `character`, composed or not."""
    # Itself too: a Kangxi radical folds to an ideograph that lies outside the blocks.
    composed = character_class(_sources().get(character, "") + character)
    if character == " ":
        # Several spaces count as one, also with ignored characters between them.
        return f"{composed}(?:{character_class(_sources()[''])}*{composed})*"
    parts = unicodedata.normalize("NFD", character)
    if len(parts) == 1:
        return composed
    return f"(?:{composed}|{''.join(character_class(_sources().get(part, '') + part) for part in parts)})"
