"""Recognize the disclaimers that authors typed into texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from evidence.disclaimers.starters import MAX_LENGTH
from richtext.sanitizer import parse, sanitize, serialize

_LABEL = re.compile(
    r"[\s*_]*(?:(?:a|an|important|quick|short|legal|general|my|our|medical|health|professional|exercise|fitness"
    r"|safety|standard)\s+){0,3}disclaimers?\b(?:\s+(?:and|&)\s+\w+)?[\s*_]*(?P<end>[:.–—-]|$)[\s*_]*",
    re.IGNORECASE,
)
_ABOUT_HEALTH = re.compile(
    r"\b(?:medical|health\w*|advice|diagnos\w+|treatments?|doctors?|physicians?|clinicians?|therapists?|professionals?"
    r"|educational|informational|injur\w+)\b",
    re.IGNORECASE,
)
# Words about money say something else, which must not disappear.
_ABOUT_MONEY = re.compile(
    r"\b(?:affiliates?|commissions?|sponsor\w*|paid|earn\w*|amazon|gifted|partnership)\b", re.IGNORECASE
)
_HEADINGS = frozenset({"h2", "h3", "h4"})
# A disclaimer that opens with ** may go on for a few paragraphs.
_MAX_PARAGRAPHS = 4


@dataclass(frozen=True, slots=True)
class TypedDisclaimer:
    """A disclaimer that was typed into a text: its blocks, and its words without the label."""

    blocks: tuple[HtmlElement, ...]
    text: str

    @property
    def is_replaceable(self) -> bool:
        """Whether all that it says belongs into a disclaimer."""
        return not _ABOUT_MONEY.search(self.text) and len(self.text) <= MAX_LENGTH


def may_have_typed(body: str) -> bool:
    """Return whether `body` can have a typed disclaimer, without parsing it."""
    return "isclaimer" in body or "DISCLAIMER" in body


def find_typed(root: HtmlElement) -> list[TypedDisclaimer]:
    """Return the disclaimers about health among the blocks of a text."""
    found: list[TypedDisclaimer] = []
    for block in root:
        if any(block in each.blocks for each in found):
            continue
        blocks = tuple(_blocks_from(block))
        text = _words(blocks)
        if blocks and text and _ABOUT_HEALTH.search(text):
            found.append(TypedDisclaimer(blocks, text))
    return found


def has_typed(body: str) -> bool:
    """Return whether an author typed a disclaimer into the sanitized `body`."""
    return may_have_typed(body) and bool(find_typed(parse(body)))


def remove_typed(body: str) -> tuple[str, list[str]]:
    """Return the sanitized `body` without the disclaimers typed into it, and their words."""
    if not may_have_typed(body):
        return body, []
    root = parse(body)
    removed = [typed for typed in find_typed(root) if typed.is_replaceable]
    for typed in removed:
        for block in typed.blocks:
            block.drop_tree()
    if not removed:
        return body, []
    # A line that only parted the disclaimer from the text.
    while len(root) and root[-1].tag == "hr":
        root[-1].drop_tree()
    return sanitize(serialize(root)), [typed.text for typed in removed]


def _blocks_from(block: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the blocks of the disclaimer that starts with `block`, if one does."""
    text = _text_of(block)
    label = _LABEL.match(block.get("data-title") or text)
    if label is None:
        return
    is_only_label = label.end() == len(text)
    if block.tag == "aside":
        if block.get("data-title") or not is_only_label:
            yield block
    elif block.tag == "p" and not is_only_label and label["end"]:
        yield block
        if text.startswith("**") and not text.rstrip().endswith("**"):
            yield from _until_closed(block)
    elif is_only_label and block.tag in _HEADINGS | {"p"}:
        # The paragraph after a heading or a line in bold.
        following = block.getnext()
        if following is not None and following.tag == "p" and _ends_with(following):
            yield block
            yield following


def _ends_with(paragraph: HtmlElement) -> bool:
    """Return whether the section of a heading ends with `paragraph`, so that nothing else loses its heading."""
    following = paragraph.getnext()
    return following is None or following.tag in _HEADINGS | {"hr"}


def _until_closed(block: HtmlElement) -> list[HtmlElement]:
    """Return the paragraphs after `block` up to the one that ends with **, or none if it is not near."""
    following: list[HtmlElement] = []
    for sibling in block.itersiblings():
        if sibling.tag != "p" or len(following) == _MAX_PARAGRAPHS:
            return []
        following.append(sibling)
        if _text_of(sibling).endswith("**"):
            return following
    return []


def _words(blocks: tuple[HtmlElement, ...]) -> str:
    """Return the words of a disclaimer without its label and without asterisks."""
    texts = [_text_of(block) for block in blocks]
    if blocks and not blocks[0].get("data-title"):
        texts[0] = _LABEL.sub("", texts[0], count=1)
    text = " ".join(texts)
    text = " ".join(text.replace("**", " ").split()).strip(" *_")
    return text[:1].upper() + text[1:]


def _text_of(block: HtmlElement) -> str:
    return " ".join("".join(block.itertext()).split())
