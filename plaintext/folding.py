"""Fold text for searching: spellings that people take for the same become equal.

`fold` is the only definition of what a search ignores. The full-text index, the filters of lists and the names of tags
all use it, on SQLite and PostgreSQL alike. After a change, run `manage.py rebuild_search`.
"""

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose into a base letter and a mark, as in ø, ł, đ, æ, œ, ı and ᴀ.
_LATIN_NAME = re.compile(
    r"LATIN (?:CAPITAL |SMALL )?(?:LETTER|LIGATURE) (?:SMALL CAPITAL |DOTLESS |SCRIPT )?([A-Z]{1,2})"
    r"(?: WITH (?!SMALL).*)?"
)
_SPECIAL_CASES = {"ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ŋ": "n", "Ŋ": "n", "ĸ": "k", "ɵ": "o", "Ʀ": "r"}
# Arabic, Persian and Urdu keyboards have different letters that people read as the same, most of all at ends of words.
_SPECIAL_CASES |= {"ی": "ي", "ى": "ي", "ک": "ك", "ة": "ه", "ہ": "ه"}
_PUNCTUATION = {
    "'": "‘’‚‛ʹʻʼʽˈ′‵＇´ˋ‹›",
    '"': "“”„‟″‶«»〝〞〟＂",
    "-": "‐‑‒–—―−⁃﹘﹣－",
    "/": "⁄∕",
}
# Marks that writers leave out: of Latin, Greek and Cyrillic, of Hebrew and of Arabic. Those of other scripts, such as
# Devanagari, Thai and Japanese, distinguish words.
_OPTIONAL_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f"
    "\ufe20-\ufe2f\U000e0100-\U000e01ef"
)
# Letters without a shape: the Arabic stretching line, Hangul fillers and Khmer inherent vowels.
_SHAPELESS = "\u0640\u115f\u1160\u3164\uffa0\u17b4\u17b5"


_NOT_PLAIN = re.compile("([^ -~]+)")
_REMOVED = re.compile(f"[{_OPTIONAL_MARKS}{_SHAPELESS}]")
# The planes above hold ideographs, private characters and tags, too many to keep.
_MAX_CACHED = 0x20000
# Between plain characters, mostly the same few others occur, such as quotation marks.
_SHORT = 10


class _Table(dict[int, int | str | None]):
    """What replaces each character, for `str.translate`; None removes it. Filled as characters occur."""

    def __missing__(self, code: int) -> int | str | None:
        folded = _fold_character(chr(code))
        if code < _MAX_CACHED:
            self[code] = folded
        return folded


def _fold_character(character: str) -> int | str | None:
    category = unicodedata.category(character)
    if character.isspace():
        return " "
    if category in {"Cc", "Cf", "Cs"} or _REMOVED.match(character):
        return None
    if category == "Nd":
        return str(unicodedata.decimal(character))
    latin = _LATIN_NAME.fullmatch(unicodedata.name(character, ""))
    return latin[1].lower() if latin else ord(character)


_TABLE = _Table({ord(character): plain for character, plain in _SPECIAL_CASES.items()})
_TABLE.update({ord(character): plain for plain, others in _PUNCTUATION.items() for character in others})


def fold(text: str) -> str:
    """Return `text` without the differences that searches ignore.

    Those are case, diacritics, ligatures, width and style of letters, invisible characters, and the typographic forms
    of quotation marks, hyphens and spaces. Folding a folded text changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text.lower()
    # Most characters of most texts are plain. No other character composes with one of them.
    pieces = _NOT_PLAIN.split(text)
    pieces[::2] = [plain.lower() for plain in pieces[::2]]
    pieces[1::2] = [_fold_short(other) if len(other) < _SHORT else _fold_any(other) for other in pieces[1::2]]
    return "".join(pieces)


def _fold_any(text: str) -> str:
    # Before normalizing, which turns an acute accent typed as an apostrophe into a space. After it, for the marks.
    decomposed = unicodedata.normalize("NFKD", text.translate(_TABLE)).casefold()
    # Casefolding can yield characters that are composed or have marks, as for the Turkish İ.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", decomposed).translate(_TABLE))


_fold_short = lru_cache(maxsize=10_000)(_fold_any)
