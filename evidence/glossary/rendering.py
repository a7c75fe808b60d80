"""Mark the first use of each term in the texts of pages. Stored texts know nothing of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max
from django.templatetags.static import static
from lxml import html
from lxml.html import HtmlElement

from evidence.glossary.matcher import Match, Matcher
from evidence.glossary.models import Term
from richtext.embeds import RenderTarget

# Headings, links and what is like them, code, and the names of sources.
_SKIPPED = frozenset(
    "h1 h2 h3 h4 h5 h6 a code pre cite sup sub abbr summary button svg script style figcaption caption th".split()  # noqa: SIM905
)
# Cards, videos and lists of references, which resolvers and other postprocessors add.
_ADDED = frozenset({"section", "article", "nav", "form", "figure", "picture", "video"})
# Of the boxes on a page, only this one holds words of the text: a table that scrolls.
_TABLE_BOX = "table-scroll"


class Entry(NamedTuple):
    """What a mark says about its term."""

    url: str
    name: str
    meaning: str


class Glossary(NamedTuple):
    """The terms by key, ready to be found in texts."""

    version: tuple[int, datetime | None]
    matcher: Matcher
    entries: dict[int, Entry]


_current = Glossary((0, None), Matcher(()), {})


def current_glossary() -> Glossary:
    """Return the glossary. One small query, and another one if it has changed since this process last looked."""
    global _current
    found = Term.objects.aggregate(count=Count("pk"), newest=Max("modified_at"))
    version = (found["count"], found["newest"])
    if version != _current.version:
        terms = list(Term.objects.order_by("pk"))
        entries = {term.pk: Entry(term.get_absolute_url(), term.name, term.meaning) for term in terms}
        _current = Glossary(version, Matcher((form, term.pk) for term in terms for form in term.forms), entries)
    return _current


def mark_terms(roots: Sequence[HtmlElement], target: RenderTarget) -> None:
    """Turn the first use of each term in a text into a link to the glossary, with its meaning for the script."""
    if target is not RenderTarget.PAGE or not any(len(root) for root in roots):
        return
    glossary = current_glossary()
    if not glossary.matcher:
        return
    for root in roots:
        if _mark(root, glossary):
            # Part of the text, so that only pages with marks load it.
            root.append(html.Element("script", {"type": "module", "src": static("site/js/glossary.js")}))


def _mark(root: HtmlElement, glossary: Glossary) -> bool:
    """Mark the terms in one text. Return whether there are any."""
    seen: set[int] = set()
    for element, attribute in list(_text_places(root)):
        text = getattr(element, attribute)
        if matches := list(glossary.matcher.find(text, seen)):
            seen.update(match.pk for match in matches)
            _insert(element, attribute, text, matches, glossary.entries)
    return bool(seen)


def _text_places(element: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    """Yield the texts and tails that may contain marks, in order."""
    if element.text:
        yield element, "text"
    for child in element:
        if isinstance(child.tag, str) and not _is_skipped(child):
            yield from _text_places(child)
        if child.tail:
            yield child, "tail"


def _is_skipped(element: HtmlElement) -> bool:
    if element.tag in _SKIPPED or element.tag in _ADDED or element.get("class") == "callout-title":
        return True
    return bool(element.tag == "div" and element.get("class") != _TABLE_BOX)


def _insert(element: HtmlElement, attribute: str, text: str, matches: list[Match], entries: dict[int, Entry]) -> None:
    """Replace the matches in a text or tail with marks."""
    marks = [_marked(text[match.start : match.end], entries[match.pk]) for match in matches]
    ends = [*(match.start for match in matches[1:]), len(text)]
    for mark, match, end in zip(marks, matches, ends, strict=True):
        mark.tail = text[match.end : end] or None
    setattr(element, attribute, text[: matches[0].start] or None)
    if attribute == "text":
        for position, mark in enumerate(marks):
            element.insert(position, mark)
        return
    parent = element.getparent()
    assert parent is not None
    position = parent.index(element) + 1
    for offset, mark in enumerate(marks):
        parent.insert(position + offset, mark)


def _marked(words: str, entry: Entry) -> HtmlElement:
    # The span holds the pop-over, so that the next stop of the Tab key is inside it.
    mark = html.Element("span", {"class": "term"})
    link = html.Element("a", {"href": entry.url, "data-term": entry.name, "data-meaning": entry.meaning})
    link.text = words
    mark.append(link)
    return mark
