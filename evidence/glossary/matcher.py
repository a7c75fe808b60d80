"""Find terms in text: one pass over its words, whatever the number of terms."""

import itertools
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")
# What may separate the words of a term, and what joins a word to another one.
_GAP = re.compile(r"[\s\u00ad]+|[-‐‑]")
_HYPHENS = frozenset("-‐‑")


class Match(NamedTuple):
    """A place in a text that names a term."""

    start: int
    end: int
    pk: int


class _Form(NamedTuple):
    """A form of a term, without capitals, unless it is an abbreviation: `exact` is how that is written."""

    words: tuple[str, ...]
    exact: str
    pk: int


class Matcher:
    """Finds the forms of terms. Built once for a version of the glossary, and not changed after that."""

    def __init__(self, forms: Iterable[tuple[str, int]]) -> None:
        """Prepare `forms` with the keys of their terms. The first of two equal forms wins."""
        self._by_first: defaultdict[str, list[_Form]] = defaultdict(list)
        known: set[tuple[str, ...]] = set()
        for written, pk in forms:
            for form in (written, *_plural(written)):
                words = tuple(_WORD.findall(form.casefold()))
                if words and words not in known:
                    known.add(words)
                    self._by_first[words[0]].append(_Form(words, form if is_abbreviation(written) else "", pk))
        for candidates in self._by_first.values():
            candidates.sort(key=lambda form: len(form.words), reverse=True)

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def find(self, text: str, found: Collection[int] = ()) -> Iterator[Match]:
        """Yield the first place of each term that is not in `found`. Longer terms win, and places do not overlap."""
        words = list(_WORD.finditer(text))
        seen, position = set(found), 0
        while position < len(words):
            form = self._at(text, words, position)
            if form is None or form.pk in seen:
                position += len(form.words) if form else 1
                continue
            seen.add(form.pk)
            yield Match(words[position].start(), words[position + len(form.words) - 1].end(), form.pk)
            position += len(form.words)

    def _at(self, text: str, words: list[re.Match[str]], position: int) -> _Form | None:
        for form in self._by_first.get(words[position][0].casefold(), ()):
            last = position + len(form.words) - 1
            if last < len(words) and self._is_form(text, words[position : last + 1], form):
                return form
        return None

    @staticmethod
    def _is_form(text: str, words: list[re.Match[str]], form: _Form) -> bool:
        start, end = words[0].start(), words[-1].end()
        if text[max(start - 1, 0) : start] in _HYPHENS or text[end : end + 1] in _HYPHENS:
            return False
        if form.exact and text[start:end] != form.exact:
            return False
        gaps = (text[one.end() : other.start()] for one, other in itertools.pairwise(words))
        same = all(word[0].casefold() == wanted for word, wanted in zip(words, form.words, strict=True))
        return same and all(_GAP.fullmatch(gap) for gap in gaps)


def is_abbreviation(form: str) -> bool:
    """Return whether `form` is written in capitals, such as ACL, so that "acl" and "rom" are other words."""
    return len(form) > 1 and form.isupper()


def _plural(form: str) -> tuple[str, ...]:
    """Return the regular plural of a form, if it does not end in s already."""
    if form[-1:] in {"s", "S", ""} or not form[-1:].isalpha():
        return ()
    return (f"{form[:-1]}ies" if re.search(r"[^aeiouAEIOU]y$", form) else f"{form}s",)
