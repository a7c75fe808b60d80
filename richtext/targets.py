"""Keep the places that links of the same text lead to, such as notes, as ids of paragraphs, list items and headings."""

from collections.abc import Iterator
from urllib.parse import unquote

from lxml.html import HtmlElement

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset({"p", "li", "dt", "dd", "summary"}) | _HEADINGS


def linked_ids(root: HtmlElement) -> set[str]:
    """Return the ids that links in the text lead to."""
    hrefs = (link.get("href") or "" for link in root.iter("a"))
    return {unquote(href[1:]) for href in hrefs if href.startswith("#") and len(href) > 1}


def move_targets(root: HtmlElement) -> None:
    """Move each linked id or name to the block that contains it or follows it, and drop other ids of such blocks."""
    linked = linked_ids(root)
    blocks: dict[str, HtmlElement] = {}
    for element in list(root.iterdescendants()):
        name = element.get("id") or (element.get("name") if element.tag == "a" else "")
        is_unlinked_heading = element.tag in _HEADINGS and name not in linked
        if not name or is_unlinked_heading or blocks.get(name) is element:
            continue
        if element.get("id"):
            del element.attrib["id"]
        block = _block_of(element) if name in linked and name not in blocks else None
        if block is not None and block.get("id") not in linked:
            block.set("id", name)
            blocks[name] = block


def _block_of(element: HtmlElement) -> HtmlElement | None:
    above = [each for each in (element, *element.iterancestors()) if each.tag in _BLOCKS]
    # The first paragraph of a list item loses its tags.
    return next((each for each in above if each.tag == "li"), above[0] if above else next(_following(element), None))


def _following(element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the blocks in and after an element, in the order of the text."""
    yield from (each for each in element.iterdescendants() if each.tag in _BLOCKS)
    for place in (element, *element.iterancestors()):
        for sibling in place.itersiblings():
            yield from (each for each in sibling.iter() if each.tag in _BLOCKS)
