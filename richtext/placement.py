"""Find a place for something between the blocks of a rendered text."""

from collections.abc import Sequence
from itertools import pairwise

from django.utils.safestring import SafeString, mark_safe
from lxml.html import HtmlElement

from richtext.sanitizer import parse, serialize

_HEADINGS = ("h2", "h3", "h4")


def insert_after_paragraph(text: SafeString, number: int, addition: SafeString) -> SafeString:
    """Return a rendered text with `addition` after its paragraph `number`, or at the next place that interrupts less.

    Only between the blocks of the text itself, so never within a list, a callout or a card. A text that ends before
    such a place is returned as it is.
    """
    blocks = list(parse(text))
    position = _position_after(blocks, number)
    if position is None:
        return text
    pieces = [_serialize(blocks[:position]), addition, _serialize(blocks[position:])]
    return mark_safe("\n".join(pieces))  # noqa: S308 - rendered


def _position_after(blocks: Sequence[HtmlElement], number: int) -> int | None:
    """Return the index of the first block to come after the addition."""
    paragraphs = 0
    for index, (block, following) in enumerate(pairwise(blocks), start=1):
        paragraphs += _is_paragraph(block)
        if paragraphs >= number and _is_end(block) and (following.tag in _HEADINGS or _is_paragraph(following)):
            return index
    return None


def _is_paragraph(block: HtmlElement) -> bool:
    """Return whether this is a paragraph of words, as opposed to a button on its own line."""
    return block.tag == "p" and not block.get("class") and bool(block.text_content().strip())


def _is_end(block: HtmlElement) -> bool:
    """Return whether a thought may end with this block: not a heading, and no colon that announces what follows."""
    return block.tag not in _HEADINGS and not block.text_content().rstrip().endswith(":")


def _serialize(blocks: Sequence[HtmlElement]) -> str:
    root = parse("")
    root.extend(blocks)
    return serialize(root)
