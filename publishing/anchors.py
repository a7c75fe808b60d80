"""Find a quoted passage in a text that may have been edited since.

As in the TextQuoteSelector of the Web Annotation Data Model: the words of the passage, and some before and after it.
"""

from difflib import SequenceMatcher
from typing import NamedTuple

CONTEXT = 60
# How much of the passage must be left to count as edited and not as gone.
MIN_LEFT = 0.5


class Anchor(NamedTuple):
    """A passage with the text around it. Runs of white space count as one space."""

    quote: str
    before: str = ""
    after: str = ""


class Passage(NamedTuple):
    """Where a passage is in the text now."""

    start: int
    end: int
    is_edited: bool = False


def normalize(text: str) -> str:
    """Return `text` with runs of white space as one space."""
    return " ".join(text.split())


def make_anchor(text: str, quote: str, before: str = "", after: str = "") -> Anchor | None:
    """Return an anchor for `quote`, or None if `text` does not contain it.

    `before` and `after` choose one of several occurrences.
    """
    text, quote = normalize(text), normalize(quote)
    start = _closest(text, Anchor(quote, normalize(before), normalize(after))) if quote else None
    if start is None:
        return None
    end = start + len(quote)
    return Anchor(quote, text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])


def find(text: str, anchor: Anchor) -> Passage | None:
    """Return where the passage is in the normalized `text`, or None if it is gone."""
    start = _closest(text, anchor)
    if start is not None:
        return Passage(start, start + len(anchor.quote))
    return _find_edited(text, anchor)


def _closest(text: str, anchor: Anchor) -> int | None:
    """Return the occurrence of the exact quote whose surroundings are most like those of the anchor."""
    best, best_score = None, -1
    start = text.find(anchor.quote)
    while start != -1:
        end = start + len(anchor.quote)
        score = _common_end(text[max(0, start - 2 * CONTEXT) : start], anchor.before)
        score += _common_start(text[end : end + 2 * CONTEXT], anchor.after)
        if score > best_score:
            best, best_score = start, score
        start = text.find(anchor.quote, start + 1)
    return best


def _find_edited(text: str, anchor: Anchor) -> Passage | None:
    """Return the passage between the surroundings of the anchor, if enough of its words are left."""
    length = len(anchor.quote)
    before, after = anchor.before.strip(), anchor.after.strip()
    candidates = []
    if before and (at := text.find(before)) != -1:
        start = at + len(before)
        end = text.find(after, start, start + 3 * length + CONTEXT) if after else -1
        candidates.append((start, end if end != -1 else start + length))
    if after and (at := text.find(after)) != -1:
        candidates.append((max(0, at - length), at))
    for start, end in candidates:
        words = SequenceMatcher(None, anchor.quote.split(), text[start:end].split(), autojunk=False)
        if words.ratio() >= MIN_LEFT:
            found = text[start:end]
            return Passage(start + len(found) - len(found.lstrip()), start + len(found.rstrip()), is_edited=True)
    return None


def _common_start(left: str, right: str) -> int:
    """Return the length of the common beginning of two strings, white space before it aside."""
    count = 0
    for one, other in zip(left.lstrip(), right.lstrip(), strict=False):
        if one != other:
            break
        count += 1
    return count


def _common_end(left: str, right: str) -> int:
    """Return the length of the common end of two strings."""
    return _common_start(left[::-1], right[::-1])
