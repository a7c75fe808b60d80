"""Convert an HTML email to its plain text part, with URLs written out.

Lines have at most 72 characters, so that replies can quote them (RFC 3676, 4.2). URLs are never broken.
"""

import re
from collections.abc import Iterator
from textwrap import TextWrapper

from lxml import html
from lxml.html import HtmlElement

from richtext.lists import numbers

LINE_LENGTH = 72
_SPACE = re.compile(r"[ \t\n\r\f]+")
_INLINE = frozenset({"a", "b", "br", "code", "em", "i", "img", "s", "small", "span", "strong", "sub", "sup"})
_UNDERLINES = {"h1": "=", "h2": "-"}
# Replaces <br> until lines are wrapped.
_LINE_BREAK = "\0"


def html_to_text(document: str) -> str:
    """Return the text of the HTML email `document`, without invisible text and decorative images."""
    lines: list[str] = []
    for line in _blocks(html.document_fromstring(document).find("body"), LINE_LENGTH):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip("\n") + "\n"


def _blocks(element: HtmlElement, width: int) -> Iterator[str]:
    """Yield the lines of `element`, with an empty line before each block."""
    run: list[str] = [element.text or ""]
    for child in element:
        if child.tag in _INLINE:
            run.append(_inline(child))
        elif isinstance(child.tag, str):
            yield from _wrap("".join(run), width)
            run = []
            yield from _block(child, width)
        run.append(child.tail or "")
    yield from _wrap("".join(run), width)


def _block(element: HtmlElement, width: int) -> Iterator[str]:
    classes = (element.get("class") or "").split()
    if element.tag == "style" or "preheader" in classes:
        return
    yield ""
    if element.tag in ("ul", "ol"):
        yield from _list(element, width)
    elif element.tag == "table" and "data" in classes:
        yield from _table(element, width)
    elif element.tag == "blockquote" or "callout" in classes:
        yield from _prefixed(_blocks(element, width - 2), "> " if element.tag == "blockquote" else "| ")
    elif "record" in classes:
        yield from filter(None, _blocks(element, width))
    elif element.tag == "pre":
        yield from (f"    {line}" for line in element.text_content().splitlines())
    elif element.tag == "hr":
        yield "* * *"
    elif "signature" in classes:
        # The signature separator that email clients recognize (RFC 3676, 4.3).
        yield "-- "
        yield from _prefixed(_blocks(element, width), "")
    else:
        lines = list(_blocks(element, width))
        yield from lines
        if lines and (underline := _UNDERLINES.get(str(element.tag))):
            yield underline * min(max(map(len, lines)), width)
    yield ""


def _prefixed(lines: Iterator[str], prefix: str) -> Iterator[str]:
    """Yield `lines` with `prefix`, without empty lines at either end and without consecutive ones."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n"))
    yield from ((prefix + line).rstrip() for line in text.split("\n"))


def _list(element: HtmlElement, width: int) -> Iterator[str]:
    items = list(element.iterchildren("li"))
    markers = numbers(element) if element.tag == "ol" else ["-"] * len(items)
    for item, marker in zip(items, (f"{marker} " for marker in markers), strict=True):
        indent = " " * len(marker)
        lines = [line for line in _blocks(item, width - len(marker)) if line] or [""]
        yield (marker + lines[0]).rstrip()
        yield from ((indent + line).rstrip() for line in lines[1:])


def _table(table: HtmlElement, width: int) -> Iterator[str]:
    for caption in table.iterchildren("caption"):
        yield from _blocks(caption, width)
    for row in table.iter("tr"):
        cells = (_SPACE.sub(" ", " ".join(_blocks(cell, 10_000))).strip() for cell in row.iterchildren("td", "th"))
        yield from _wrap(" | ".join(cells), width)


def _inline(element: HtmlElement) -> str:
    if not isinstance(element.tag, str):
        return ""
    if element.tag == "br":
        return _LINE_BREAK
    if element.tag == "img":
        return f"[{element.get('alt')}]" if element.get("alt") else ""
    text = "".join([element.text or "", *(_inline(child) + (child.tail or "") for child in element)])
    if element.tag == "sup" and text.strip().isdigit():
        return f" [{text.strip()}]"
    return _link(element, text) if element.tag == "a" else text


def _link(element: HtmlElement, text: str) -> str:
    """Return `text` followed by the URL of the link `element`."""
    href = element.get("href") or ""
    # The URL of a title is repeated by a button below it.
    if not href or href.startswith("#") or element.get("class") == "title":
        return text
    label, target = text.strip(), href.removeprefix("mailto:")
    if label in ("", href, target):
        return label
    # In angle brackets, so that punctuation after it does not become part of the URL (RFC 3986, appendix C).
    return f"{label} <{target}>"


def _wrap(text: str, width: int) -> Iterator[str]:
    """Yield `text` in lines of at most `width` characters; line breaks of the author are kept."""
    wrapper = TextWrapper(max(width, 20), break_long_words=False, break_on_hyphens=False)
    for line in text.split(_LINE_BREAK):
        # Unlike split(), this keeps no-break spaces, as in “5 kg”.
        if stripped := _SPACE.sub(" ", line).strip(" "):
            yield from wrapper.wrap(stripped)
