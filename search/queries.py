"""What a reader typed, understood: words, phrases in quotes, words to leave out."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self

LONGEST = 200
MOST_WORDS = 12
_PIECE = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„«»＂", '"'))


@dataclass(frozen=True)
class Query:
    """A question: `wanted` and `unwanted` words or phrases, which hold letters, digits and single spaces alone."""

    text: str = ""
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text

    @classmethod
    def read(cls, typed: str) -> Self:
        """Understand anything: what is too long is cut, signs are spaces, nothing is an error."""
        text = " ".join("".join(sign if sign.isprintable() else " " for sign in typed[:LONGEST]).split())
        pieces = [
            (minus, words)
            for minus, phrase, word in _PIECE.findall(text.translate(_QUOTES))
            if (words := _words(phrase or word))
        ][:MOST_WORDS]
        wanted = tuple(dict.fromkeys(words for minus, words in pieces if not minus))
        return cls(text, wanted, tuple(dict.fromkeys(words for minus, words in pieces if minus)))

    @property
    def single_words(self) -> tuple[str, ...]:
        """The words wanted, those of phrases each for itself."""
        return tuple(dict.fromkeys(word for piece in self.wanted for word in piece.split()))[:MOST_WORDS]


def _words(piece: str) -> str:
    # Letters, the marks that many scripts write them with, and numbers: what both databases take for words.
    return " ".join("".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in piece).split())
