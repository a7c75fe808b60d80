"""Turn the styles and classes of word processors into elements. The editor's paste.js follows the same rules."""

import re
from collections.abc import Container, Iterator

from lxml import html
from lxml.html import HtmlElement

from richtext.lists import normalize_numbering
from richtext.math import write_out_formulas

_OFFICE = re.compile(r"mso-|\bMso[A-Z]|docs-internal-guid")
_LEVEL = re.compile(r"mso-list:\s*\w+\s+level(\d)")
_NUMBER = re.compile(r"\(?(\d+|[a-zA-Z]{1,4})[.)]")
_STYLE_NAME = re.compile(r"mso-style-name:\W*heading (\d)|mso-outline-level:\s*(\d)", re.IGNORECASE)
_NOT_BOLD = re.compile(r"font-weight:\s*(normal|[1-4]00)")
_NOT_ITALIC = re.compile(r"font-style:\s*normal")
_MARKS = (
    ("strong", re.compile(r"font-weight:\s*(bold|[6-9]00)")),
    ("em", re.compile(r"font-style:\s*(italic|oblique)")),
    ("s", re.compile(r"text-decoration[\w-]*:[^;]*line-through")),
    ("sup", re.compile(r"vertical-align:\s*super")),
    ("sub", re.compile(r"vertical-align:\s*sub(?!\w)")),
)
_HEADINGS = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h4", "h5": "h4", "h6": "h4"}


def normalize(root: HtmlElement) -> None:
    """Normalize the tree under `root` in place. Headings and lists change only in text from a word processor."""
    if any(_OFFICE.search(" ".join(element.attrib.values())) for element in _elements(root)):
        _create_headings(root)
        _create_lists(root)
        _remove_office_attributes(root)
    ids = {element.get("id") for element in _elements(root)}
    for element in _elements(root):
        if element.tag == "a" and _has_no_target(element, ids):
            # A span without attributes is unwrapped later, with the others.
            element.tag = "span"
            element.attrib.clear()
        elif element.tag in {"ol", "li"}:
            normalize_numbering(element, _style(element))
        elif element.tag == "q":
            _replace_quotation(element)
        else:
            _replace_style(element)
    write_out_formulas(root)


def _elements(root: HtmlElement) -> Iterator[HtmlElement]:
    # A copy, because the tree changes during the iteration.
    return iter(list(root.iterdescendants()))


def _style(element: HtmlElement) -> str:
    return element.get("style") or ""


def _has_no_target(link: HtmlElement, ids: Container[str | None]) -> bool:
    """Return whether a link is a bookmark or footnote of Word or WordPress, whose target is not in the text."""
    href, above = link.get("href") or "", link.getparent()
    is_note = href.startswith("#") and above is not None and above.get("class") == "fn"
    return href.startswith("#_") or (is_note and href[1:] not in ids)


def _replace_quotation(quotation: HtmlElement) -> None:
    """Write the marks that browsers show around <q>: double ones, and single ones inside another quotation."""
    is_inner = any(above.tag == "q" or above.get("class") == "q" for above in quotation.iterancestors())
    opening, closing = "‘’" if is_inner else "“”"
    quotation.text = opening + (quotation.text or "")
    if (last := _last(quotation)) is None:
        quotation.text += closing
    else:
        last.tail = (last.tail or "") + closing
    quotation.tag = "span"
    quotation.set("class", "q")


def _create_headings(root: HtmlElement) -> None:
    """Create headings from Word's style names. “Heading 1” belongs below the page title, so all go down one level."""
    for paragraph in root.iter("p"):
        named = _STYLE_NAME.search(_style(paragraph))
        by_class = re.search(r"\bMso(?:Heading(\d)|Title\b)", paragraph.get("class") or "")
        if by_class:
            paragraph.tag = f"h{min(int(by_class[1] or 1), 6)}"
        elif named:
            paragraph.tag = f"h{min(int(named[1] or named[2]), 6)}"
    if root.find(".//h1") is not None:
        for heading in list(root.iter(*_HEADINGS)):
            heading.tag = _HEADINGS[heading.tag]


def _create_lists(root: HtmlElement) -> None:
    """Turn Word's list paragraphs into lists, using their level and their marker."""
    created: set[HtmlElement] = set()
    for paragraph in list(root.iter("p")):
        level = _LEVEL.search(_style(paragraph))
        if not level:
            continue
        mark = "".join(each.text_content() for each in paragraph.iter("span") if "mso-list:Ignore" in _style(each))
        number = _NUMBER.match(mark.strip())
        tag = "ol" if number else "ul"
        top = paragraph.getprevious()
        if top not in created or (level[1] == "1" and top.tag != tag):
            top = html.Element(tag)
            paragraph.addprevious(top)
            created.add(top)
        parent = _list_at(top, int(level[1]), tag)
        if tag == "ol" and number and _last(parent) is None and number[1].isdecimal() and number[1] != "1":
            parent.set("start", number[1])
        paragraph.tag = "li"
        parent.append(paragraph)


def _list_at(top: HtmlElement, level: int, tag: str) -> HtmlElement:
    """Return the list `level` deep at the end of `top`, created if missing; never below a missing item."""
    parent = top
    for depth in range(2, level + 1):
        item = _last(parent)
        if item is None:
            break
        inner = _last(item)
        if inner is None or inner.tag not in {"ul", "ol"} or (depth == level and inner.tag != tag):
            inner = html.Element(tag)
            item.append(inner)
        parent = inner
    return parent


def _last(element: HtmlElement) -> HtmlElement | None:
    return next(element.iterchildren(reversed=True), None)


def _remove_office_attributes(root: HtmlElement) -> None:
    for element in _elements(root):
        if "mso-list:Ignore" in _style(element):
            element.drop_tree()
        element.attrib.pop("lang", None)
        element.attrib.pop("dir", None)


def _replace_style(element: HtmlElement) -> None:
    """Replace the styles of bold, italic, strikethrough, superscript and subscript text with elements."""
    style = _style(element)
    unmarks = (element.tag in {"b", "strong"} and _NOT_BOLD.search(style)) or (
        element.tag in {"i", "em"} and _NOT_ITALIC.search(style)
    )
    if unmarks:
        element.tag = "span"
    if element.tag != "span":
        return
    is_heading = any(above.tag in _HEADINGS for above in element.iterancestors())
    # Headings are bold anyway.
    tags = [tag for tag, pattern in _MARKS if pattern.search(style) and not (is_heading and tag == "strong")]
    for tag in tags[:1]:
        element.tag = tag
    for tag in tags[1:]:
        inner = html.Element(tag)
        inner.text, element.text = element.text, None
        inner.extend(list(element))
        element.append(inner)
