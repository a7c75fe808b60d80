"""Cut the part of a text around the matches of a query, and mark them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import islice

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from plaintext.folding import fold
from search.queries import Term
from search.words import MARKS, compound_at, is_unspaced, is_word_start, split, start_with_article, stem

_ELLIPSIS = "…"
# Surround a match until it is escaped. Indexed texts contain no control characters.
_MATCH_START, _MATCH_END = "\x02", "\x03"
# About 28 words of English, a third of them before the first match.
_LENGTH, _LENGTH_BEFORE = 180, 60
_MAX_LINES = 8
_MAX_SPANS = 20
# Only this much of a line is read, which is a long paragraph.
_MAX_LINE_LENGTH = 2000
# Characters other than plain ASCII, with the one before them, which they may combine with.
_NOT_PLAIN = re.compile(r"[ -~]?[^ -~]+")
# A character with everything that folds together with it, such as marks, soft hyphens and halfwidth voicing marks.
_CLUSTER = re.compile(rf".(?:{MARKS}|[\u00ad\u200b-\u200f\u2060\ufeff\uff9e\uff9f])*", re.DOTALL)

type _Span = tuple[int, int]


def make_excerpt(text: str, tokens: str, terms: Sequence[Term]) -> SafeString:
    """Return part of `text` as HTML with the matches of `terms` in <mark>, or "" if there is none.

    `tokens` are the tokens of `text` as indexed, line by line.
    """
    lines = text.split("\n")
    for number, position in _lines_with_matches(tokens, terms):
        line = lines[number]
        start = max(0, int(position * len(line)) - _MAX_LINE_LENGTH // 2) if len(line) > _MAX_LINE_LENGTH else 0
        # With the next lines, in case it is a heading.
        passage = "\n".join([line[start : start + _MAX_LINE_LENGTH], *lines[number + 1 : number + 4]])
        passage = passage[: len(line) + _LENGTH]
        # Folding costs more than all that follows, so once for all terms.
        folded, offsets = _fold_with_offsets(passage)
        spans = [_find(folded, offsets, term) for term in terms]
        if any(spans):
            return _to_html(_cut(passage, spans))
    return SafeString("")


def _lines_with_matches(tokens: str, terms: Sequence[Term]) -> Iterator[tuple[int, float]]:
    """Yield the numbers of lines that may contain matches, those of most terms first, and where in the line."""
    # A space before every token and after the last of a line.
    tokens = f" {tokens} ".replace("\n", " \n ")
    if len(terms) == 1:
        # One by one, because the first is nearly always enough.
        yield from _lines_of(tokens, terms[0])
        return
    positions: dict[int, float] = {}
    counts = Counter[int]()
    for term in terms:
        for number, position in _lines_of(tokens, term):
            positions.setdefault(number, position)
            counts[number] += 1
    best = sorted(counts, key=lambda number: (-counts[number], number))
    yield from ((number, positions[number]) for number in best[:_MAX_LINES])


def _lines_of(tokens: str, term: Term) -> Iterator[tuple[int, float]]:
    """Yield the numbers of the first lines whose tokens `term` may match, and where in the line."""
    for text in _token_texts(term):
        at, number, counted = tokens.find(text), 0, 0
        has_found = at >= 0
        for _ in range(_MAX_LINES):
            if at < 0:
                break
            number, counted = number + tokens.count("\n", counted, at), at
            start, end = tokens.rfind("\n", 0, at) + 1, tokens.find("\n", at) % (len(tokens) + 1)
            yield number, (at - start) / (end - start)
            at = tokens.find(text, end)
        if has_found:
            return


def _token_texts(term: Term) -> Iterator[str]:
    """Yield the tokens that `term` matches. Each text is only needed if those before are not found."""
    yield f" {' '.join(term.stems)}{'' if term.is_open else ' '}"
    if term.compound:
        yield f" {term.compound} "
    if term.prefix:
        # Stemming changes no more than the last letters.
        yield f" {term.prefix[: max(3, len(term.prefix) - 3)]}"


def _find(folded: str, offsets: Sequence[int], term: Term) -> list[_Span]:
    """Return where a text contains `term`, given as `_fold_with_offsets` returns it."""
    found = filter(None, (_end_of_match(folded, start, term) for start in _possible_starts(folded, _beginning(term))))
    return [
        (offsets[start_with_article(folded, start)], _end(offsets, end)) for start, end in islice(found, _MAX_SPANS)
    ]


def _possible_starts(folded: str, beginning: str) -> Iterator[int]:
    """Yield where words start with `beginning`. So most words need not be stemmed."""
    is_anywhere = is_unspaced(beginning)
    start = folded.find(beginning)
    while start >= 0:
        if is_anywhere or is_word_start(folded, start):
            yield start
        start = folded.find(beginning, start + 1)


@lru_cache
def _beginning(term: Term) -> str:
    """Return what all words begin with that `term` may match."""
    first = term.stems[0]
    # Stemming changes no more than the last letters, and never the first.
    beginning = first[: max(1, len(first) - 3)]
    is_shared = all(
        form.startswith(beginning) for form in (term.words[0], term.compound or first, term.prefix or first)
    )
    return beginning if is_shared else first[0]


def _end_of_match(folded: str, start: int, term: Term) -> _Span | None:
    """Return the match of `term` that starts at a position, or None."""
    compound = compound_at(folded, start)
    if compound and _is_match(term, compound.text):
        return start, compound.end
    words = list(islice(split(folded, start), len(term.stems)))
    if words and _is_match(term, words[0].text):
        return start, words[0].end
    stems = tuple(stem(word.text) for word in words)
    is_phrase = len(stems) > 1 and (stems == term.stems or (term.is_open and (*stems[:-1], stems[-1][0]) == term.stems))
    return (start, words[-1].end) if is_phrase else None


def _is_match(term: Term, word: str) -> bool:
    """Return whether a single word, or a compound, matches `term`."""
    if (term.prefix and word.startswith(term.prefix)) or (term.is_open and len(term.stems) == 1):
        return True
    return stem(word) in (term.compound, *(term.stems if len(term.stems) == 1 else ()))


def _fold_with_offsets(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text and, for each of its characters and its end, the position in `text`."""
    folded = fold(text)
    if len(folded) == len(text) and all(map(_folds_to_one, set(text))):
        return folded, range(len(text) + 1)
    pieces, offsets, at = list[str](), list[int](), 0
    for run in _NOT_PLAIN.finditer(text):
        pieces.append(text[at : run.start()].lower())
        offsets += range(at, run.start())
        for cluster in _CLUSTER.finditer(text, run.start(), run.end()):
            pieces.append(fold(cluster[0]))
            offsets += [cluster.start()] * len(pieces[-1])
        at = run.end()
    pieces.append(text[at:].lower())
    return "".join(pieces), [*offsets, *range(at, len(text) + 1)]


@cache
def _folds_to_one(character: str) -> bool:
    return len(fold(character)) == 1


def _end(offsets: Sequence[int], end: int) -> int:
    """Return where a word that ends before `end` in the folded text ends in the text."""
    # Several characters of the folded text can be one of the text.
    return next((offset for offset in offsets[end:] if offset > offsets[end - 1]), offsets[-1])


def _cut(text: str, spans: Sequence[Sequence[_Span]]) -> str:
    """Return the first part of `text` with the most terms, with its matches between marks."""
    numbered = sorted(
        (start, end, number) for number, of_term in enumerate(spans) for start, end in of_term[:_MAX_LINES]
    )

    def count_terms(first: int) -> int:
        return len({number for start, end, number in numbered if first <= start and end <= first + _LENGTH})

    first = max((start for start, _, _ in numbered), key=lambda start: (count_terms(start), -start))
    start = _snap(text, max(0, first - _LENGTH_BEFORE), first)
    stop = _snap(text, start + _LENGTH, len(text)) if start + _LENGTH < len(text) else len(text)
    pieces, at = [], start
    for from_, to in _merged(numbered, first, stop):
        pieces += [text[at:from_], _MATCH_START, text[from_:to], _MATCH_END]
        at = to
    return "".join([*pieces, text[at : max(at, stop)]])


def _snap(text: str, position: int, limit: int) -> int:
    """Return the position of the first word that starts between `position` and `limit`, or `position`."""
    if position == 0:
        return 0
    space = re.compile(r"\s").search(text, position - 1, min(limit, position + 30))
    return space.end() if space else position


def _merged(spans: Sequence[tuple[int, int, int]], first: int, stop: int) -> list[_Span]:
    """Return the spans from `first` to before `stop`, with overlapping ones joined."""
    merged: list[_Span] = []
    for start, end, _ in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif first <= start < stop:
            merged.append((start, end))
    return merged


def _to_html(passage: str) -> SafeString:
    text = ""
    for line in passage.strip().strip(_ELLIPSIS).strip().split("\n"):
        # Headings end without punctuation.
        separator = " · " if text[-1:].isalnum() or text.endswith(_MATCH_END) else "\n"
        text += separator + line if text else line
    safe = escape(f"{_ELLIPSIS} {text} {_ELLIPSIS}")
    return mark_safe(safe.replace(_MATCH_START, "<mark>").replace(_MATCH_END, "</mark>"))  # noqa: S308 - escaped
