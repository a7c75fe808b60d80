"""Parse what a visitor typed: words, quoted phrases, and terms to exclude."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from plaintext.folding import fold
from search.words import compounds, is_unspaced, split, stem

MAX_LENGTH = 200
MAX_TERMS = 12
# Shorter ones begin too many words.
MIN_PREFIX_LENGTH = 3
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')


@dataclass(frozen=True)
class Term:
    """Consecutive words: one that was typed, its parts if punctuation or digits divide it, or a quoted phrase.

    `compound` is the stem of parts written as one, such as "warmup" for "warm-up". `is_open` means that the last stem
    is a single character of a script without spaces, which begins a pair in the index. `prefix` is the beginning of
    longer words that also match, or empty. `is_ordered` means that the order of the stems matters.
    """

    words: tuple[str, ...]
    stems: tuple[str, ...]
    compound: str = ""
    prefix: str = ""
    is_open: bool = False
    is_ordered: bool = False

    @classmethod
    def parse(cls, text: str, *, is_quoted: bool) -> Self | None:
        """Return the term in a folded `text`, or None if it contains no word."""
        words = list(split(text))
        if not words:
            return None
        compound = next((word.text for word in compounds(text, words)), "")
        is_open = is_unspaced(words[-1].text)
        # The last character alone is only needed if it is not part of a pair.
        if is_open and len(words) > 1 and words[-2].end == words[-1].end:
            words.pop()
            is_open = False
        texts = tuple(word.text for word in words)
        stems = tuple(map(stem, texts))
        typed = compound if len(texts) > 1 else texts[0]
        has_unspaced = any(map(is_unspaced, texts))
        is_whole = not is_quoted and typed == "".join(texts)
        has_prefix = is_whole and len(typed) >= MIN_PREFIX_LENGTH and not has_unspaced and not typed.isdigit()
        return cls(
            texts,
            stems,
            compound=stem(compound) if compound and is_whole else "",
            prefix=typed if has_prefix else "",
            is_open=is_open,
            is_ordered=len(stems) > 1 and (is_quoted or has_unspaced),
        )


@dataclass(frozen=True)
class Query:
    """A parsed query."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    excluded_terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `text`. Any input is valid: long text is cut, and punctuation separates words."""
        text = " ".join(_cut("".join(_printable(character) for character in text[: 2 * MAX_LENGTH])).split())
        found = [
            (bool(minus), term)
            for minus, phrase, word in _TERM.findall(fold(text))
            if (term := Term.parse(phrase or word, is_quoted=bool(phrase)))
        ][:MAX_TERMS]
        terms = dict.fromkeys(term for is_excluded, term in found if not is_excluded)
        excluded_terms = dict.fromkeys(term for is_excluded, term in found if is_excluded)
        return cls(text, tuple(terms), tuple(excluded_terms))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The distinct folded words of all terms."""
        return tuple(dict.fromkeys(word for term in self.terms for word in term.words))[:MAX_TERMS]

    @cached_property
    def single_words(self) -> tuple[Term, ...]:
        """The terms with phrases split into words."""
        return tuple(term for word in self.words if (term := Term.parse(word, is_quoted=True)))

    @property
    def has_prefixes(self) -> bool:
        """Whether to search by the beginnings of words too, in an index that does not know the order of words."""
        ordered = any(term.is_ordered for term in self.terms) or any(
            len(term.stems) > 1 for term in self.excluded_terms
        )
        return not ordered and any(term.prefix for term in self.terms)


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    # Characters that folding drops, such as soft hyphens, do not separate words.
    return "" if not fold(character) else " "


def _cut(text: str) -> str:
    """Return the first MAX_LENGTH characters without half a word at the end, unless they are one word."""
    if len(text) <= MAX_LENGTH or not re.match(r"\w\w", text[MAX_LENGTH - 1 : MAX_LENGTH + 1]):
        return text[:MAX_LENGTH]
    return re.sub(r"(?<=\W)\w+$", "", text[:MAX_LENGTH])
