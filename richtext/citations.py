"""Citations in texts: places that hold the ids of references, <sup data-cite="12 15"></sup>."""

from collections.abc import Iterator

from lxml.html import HtmlElement

from plaintext.numbers import parse_pk

# The kind of citations among the embeds of a text.
KIND = "citation"
# More in one place are an accident.
MAX_IDS = 50


def cited_ids(element: HtmlElement) -> list[int]:
    """Return the distinct ids that one <sup> holds, in order. Empty for other superscripts."""
    values = (element.get("data-cite") or "").split()[:MAX_IDS]
    return list(dict.fromkeys(pk for value in values if (pk := parse_pk(value)) is not None))


def find_citations(root: HtmlElement) -> Iterator[tuple[HtmlElement, list[int]]]:
    """Yield the citations of a text with their ids, in order."""
    for element in root.iter("sup"):
        if ids := cited_ids(element):
            yield element, ids
