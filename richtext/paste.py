"""What word processors say by styles and classes, said by elements. The editor's paste.js follows the same rules."""

import re
from collections.abc import Iterator

from lxml import html
from lxml.html import HtmlElement

_OFFICE = re.compile(r"mso-|\bMso[A-Z]|docs-internal-guid")
_LEVEL = re.compile(r"mso-list:\s*\w+\s+level(\d)")
_NUMBER = re.compile(r"\(?(\d+|[a-zA-Z]{1,4})[.)]")
_STYLE_NAME = re.compile(r"mso-style-name:\W*heading (\d)|mso-outline-level:\s*(\d)", re.IGNORECASE)
_NOT_BOLD = re.compile(r"font-weight:\s*(normal|[1-4]00)")
_NOT_SLANTED = re.compile(r"font-style:\s*normal")
_MARKS = (
    ("strong", re.compile(r"font-weight:\s*(bold|[6-9]00)")),
    ("em", re.compile(r"font-style:\s*(italic|oblique)")),
    ("s", re.compile(r"text-decoration[\w-]*:[^;]*line-through")),
    ("sup", re.compile(r"vertical-align:\s*super")),
    ("sub", re.compile(r"vertical-align:\s*sub(?!\w)")),
)
_HEADINGS = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h4", "h5": "h4", "h6": "h4"}


def normalize(root: HtmlElement) -> None:
    """Rewrite the tree under `root` in place. What comes from no word processor keeps its headings and lists."""
    if any(_OFFICE.search(" ".join(element.attrib.values())) for element in _elements(root)):
        _name_headings(root)
        _make_lists(root)
        _drop_office_marks(root)
    for element in _elements(root):
        if element.tag == "a" and _leads_nowhere(element):
            element.drop_tag()
        else:
            _mark(element)


def _elements(root: HtmlElement) -> Iterator[HtmlElement]:
    # A list first: the tree changes on the way.
    return iter(list(root.iterdescendants()))


def _style(element: HtmlElement) -> str:
    return element.get("style") or ""


def _leads_nowhere(link: HtmlElement) -> bool:
    """Whether it is a bookmark or footnote of Word or WordPress: what it led to is not in the text."""
    href, above = link.get("href") or "", link.getparent()
    return href.startswith("#_") or (href.startswith("#") and above is not None and above.get("class") == "fn")


def _name_headings(root: HtmlElement) -> None:
    """Headings by the names of Word's styles. "Heading 1" is ours below the title, so all go down a step."""
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


def _make_lists(root: HtmlElement) -> None:
    """Word's list paragraphs, told apart by level and by the mark they carry, as real lists."""
    made: set[HtmlElement] = set()
    for paragraph in list(root.iter("p")):
        level = _LEVEL.search(_style(paragraph))
        if not level:
            continue
        mark = "".join(each.text_content() for each in paragraph.iter("span") if "mso-list:Ignore" in _style(each))
        number = _NUMBER.match(mark.strip())
        tag = "ol" if number else "ul"
        top = paragraph.getprevious()
        if top not in made or (level[1] == "1" and top.tag != tag):
            top = html.Element(tag)
            paragraph.addprevious(top)
            made.add(top)
        holder = _list_at(top, int(level[1]), tag)
        if tag == "ol" and number and not len(holder) and number[1].isdecimal() and number[1] != "1":
            holder.set("start", number[1])
        paragraph.tag = "li"
        holder.append(paragraph)


def _list_at(top: HtmlElement, level: int, tag: str) -> HtmlElement:
    """The list `level` deep at the end of `top`, made where there is none; never below an item that is not there."""
    holder = top
    for depth in range(2, level + 1):
        if not len(holder):
            break
        item = holder[-1]
        inner = item[-1] if len(item) and item[-1].tag in {"ul", "ol"} else None
        if inner is None or (depth == level and inner.tag != tag):
            inner = html.Element(tag)
            item.append(inner)
        holder = inner
    return holder


def _drop_office_marks(root: HtmlElement) -> None:
    for element in _elements(root):
        if "mso-list:Ignore" in _style(element):
            element.drop_tree()
        element.attrib.pop("lang", None)
        element.attrib.pop("dir", None)


def _mark(element: HtmlElement) -> None:
    """Bold, slanted, struck, raised and lowered words by their element instead of their style."""
    style = _style(element)
    unmarks = (element.tag in {"b", "strong"} and _NOT_BOLD.search(style)) or (
        element.tag in {"i", "em"} and _NOT_SLANTED.search(style)
    )
    if unmarks:
        element.tag = "span"
    if element.tag != "span":
        return
    is_heading = any(above.tag in _HEADINGS for above in element.iterancestors())
    # A heading is bold already.
    tags = [tag for tag, pattern in _MARKS if pattern.search(style) and not (is_heading and tag == "strong")]
    for tag in tags[:1]:
        element.tag = tag
    for tag in tags[1:]:
        inner = html.Element(tag)
        inner.text, element.text = element.text, None
        inner.extend(list(element))
        element.append(inner)
