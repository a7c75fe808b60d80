"""Parse what a visitor typed: words, quoted phrases, and terms to exclude."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self

MAX_LENGTH = 200
MAX_TERMS = 12
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„«»＂", '"'))


@dataclass(frozen=True)
class Query:
    """A parsed query. Terms are words or phrases of letters, digits and single spaces only."""

    text: str = ""
    terms: tuple[str, ...] = ()
    excluded_terms: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `text`. Any input is valid: long text is cut, and punctuation separates words."""
        printable = "".join(character if character.isprintable() else " " for character in text[:MAX_LENGTH])
        text = " ".join(printable.split())
        found = [
            (bool(minus), term)
            for minus, phrase, word in _TERM.findall(text.translate(_QUOTES))
            if (term := _normalize(phrase or word))
        ][:MAX_TERMS]
        terms = dict.fromkeys(term for is_excluded, term in found if not is_excluded)
        excluded_terms = dict.fromkeys(term for is_excluded, term in found if is_excluded)
        return cls(text, tuple(terms), tuple(excluded_terms))

    @property
    def words(self) -> tuple[str, ...]:
        """The distinct words of all terms, with phrases split into words."""
        return tuple(dict.fromkeys(word for term in self.terms for word in term.split()))[:MAX_TERMS]


def _normalize(term: str) -> str:
    """Replace everything but letters, combining marks and numbers, the characters both databases index, with spaces."""
    return " ".join("".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in term).split())
