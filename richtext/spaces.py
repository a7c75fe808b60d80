"""No-break spaces: those typed on purpose are kept, those that copying puts between all words become ordinary ones."""

import re

from lxml.html import HtmlElement

# White space other than a single space, which is by far the most frequent and needs no change.
_SPACE = re.compile(r"[ \t\n\r\f]{2,}|[\t\n\r\f]")
_BLOCKS = ("p", "h2", "h3", "h4", "li", "td", "th", "summary", "caption", "figcaption")
# A run of white space with a no-break space and an ordinary one: what editors make of two typed spaces.
_MIXED = re.compile(r"(?<=\S)(?:\xa0+ | +\xa0)[ \xa0]*(?=\S)")
# Between letters. Beside a digit it keeps a number and its unit together.
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])\xa0(?=[^\W\d_])")
_BETWEEN_WORDS = re.compile(r"(?<!\d)\xa0(?!\d)")
_ORDINARY = re.compile(r"(?<=[^\W\d_]) (?=[^\W\d_])")
# Fewer may be names and abbreviations, as in “Dr. Ana López”.
_MIN_COUNT = 3


def collapse_spaces(text: str) -> str:
    """Return `text` with a single space for each run of white space. Most texts have no other."""
    return text if text.isprintable() and "  " not in text else _SPACE.sub(" ", text)


def replace_copied_no_break_spaces(body: HtmlElement) -> None:
    """Replace the no-break spaces in blocks that have them between most words, and those beside a space."""
    if "\xa0" not in "".join(body.itertext()):
        return
    for block in body.iter(*_BLOCKS):
        text = "".join(block.itertext())
        if "\xa0" not in text:
            continue
        _replace(block, _MIXED)
        copied = len(_BETWEEN_LETTERS.findall(text))
        if copied >= _MIN_COUNT and copied > len(_ORDINARY.findall(text)):
            _replace(block, _BETWEEN_WORDS)


def _replace(block: HtmlElement, pattern: re.Pattern[str]) -> None:
    for element in block.iter():
        if element.text:
            element.text = pattern.sub(" ", element.text)
        if element.tail and element is not block:
            element.tail = pattern.sub(" ", element.tail)
