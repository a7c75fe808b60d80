"""Close gaps in the levels of headings where a text is shown. The stored text keeps those that its author chose."""

from collections.abc import Iterable

from lxml.html import HtmlElement


def closed_levels(levels: Iterable[int], above: int = 1) -> list[int]:
    """Return `levels` without gaps, below a heading of the level `above`.

    Headings of one level under the same heading keep one level, and an order without gaps stays as it is.
    """
    open_levels = list(range(1, above + 1))
    closed = []
    for level in levels:
        while len(open_levels) > 1 and open_levels[-1] >= level:
            open_levels.pop()
        open_levels.append(level)
        closed.append(len(open_levels))
    return closed


def close_levels(root: HtmlElement, above: int) -> None:
    """Let no heading below `root` skip a level, because screen readers navigate by them."""
    headings = list(root.iter("h2", "h3", "h4"))
    for heading, level in zip(headings, closed_levels((int(each.tag[1]) for each in headings), above), strict=True):
        heading.tag = f"h{level}"
