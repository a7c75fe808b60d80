"""The text part of a mail, from its HTML: the same words, with addresses written out, for programs that show no more.

Lines hold at most 72 characters, so that an answer can quote them (RFC 3676, 4.2); an address is never broken.
"""

import re
from collections.abc import Iterator
from textwrap import TextWrapper

from lxml import html
from lxml.html import HtmlElement

WIDTH = 72
_SPACE = re.compile(r"[ \t\n\r\f]+")
_INLINE = frozenset({"a", "b", "br", "code", "em", "i", "img", "s", "small", "span", "strong", "sub", "sup"})
_UNDERLINES = {"h1": "=", "h2": "-"}


def plain_text(document: str) -> str:
    """The words of the mail `document`. What is hidden from eyes is left out, and so are pictures that say nothing."""
    lines: list[str] = []
    for line in _blocks(html.document_fromstring(document).find("body"), WIDTH):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip("\n") + "\n"


def _blocks(element: HtmlElement, width: int) -> Iterator[str]:
    """The lines of `element`, an empty one before each block."""
    run: list[str] = [element.text or ""]
    for child in element:
        if child.tag in _INLINE:
            run.append(_inline(child))
        elif isinstance(child.tag, str):
            yield from _wrapped("".join(run), width)
            run = []
            yield from _block(child, width)
        run.append(child.tail or "")
    yield from _wrapped("".join(run), width)


def _block(element: HtmlElement, width: int) -> Iterator[str]:
    names = (element.get("class") or "").split()
    if element.tag == "style" or "preheader" in names:
        return
    yield ""
    if element.tag in ("ul", "ol"):
        yield from _list(element, width)
    elif element.tag == "table" and "data" in names:
        yield from _rows(element, width)
    elif element.tag == "blockquote" or "callout" in names:
        yield from _marked(_blocks(element, width - 2), "> " if element.tag == "blockquote" else "| ")
    elif "record" in names:
        yield from filter(None, _blocks(element, width))
    elif element.tag == "pre":
        yield from (f"    {line}" for line in element.text_content().splitlines())
    elif element.tag == "hr":
        yield "* * *"
    elif "signature" in names:
        # What mail programs know as the end of the words (RFC 3676, 4.3).
        yield "-- "
        yield from _marked(_blocks(element, width), "")
    else:
        lines = list(_blocks(element, width))
        yield from lines
        if lines and (sign := _UNDERLINES.get(str(element.tag))):
            yield sign * min(max(map(len, lines)), width)
    yield ""


def _marked(lines: Iterator[str], mark: str) -> Iterator[str]:
    """`lines` without empty ones at either end or twice in a row, each behind `mark`."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n"))
    yield from ((mark + line).rstrip() for line in text.split("\n"))


def _list(element: HtmlElement, width: int) -> Iterator[str]:
    number = int(element.get("start") or 1)
    for item in element.iterchildren("li"):
        mark = f"{number}. " if element.tag == "ol" else "- "
        found = [line for line in _blocks(item, width - len(mark)) if line]
        for index, line in enumerate(found or [""]):
            yield ((" " * len(mark) if index else mark) + line).rstrip()
        number += 1


def _rows(table: HtmlElement, width: int) -> Iterator[str]:
    for caption in table.iterchildren("caption"):
        yield from _blocks(caption, width)
    for row in table.iter("tr"):
        cells = (_SPACE.sub(" ", " ".join(_blocks(cell, 10_000))).strip() for cell in row.iterchildren("td", "th"))
        yield from _wrapped(" | ".join(cells), width)


def _inline(element: HtmlElement) -> str:
    if not isinstance(element.tag, str):
        return ""
    if element.tag == "br":
        return "\0"
    if element.tag == "img":
        return f"[{element.get('alt')}]" if element.get("alt") else ""
    words = "".join([element.text or "", *(_inline(child) + (child.tail or "") for child in element)])
    if element.tag == "sup" and words.strip().isdigit():
        return f" [{words.strip()}]"
    href = element.get("href") or ""
    # A title's address stands below it, in words to press.
    if element.tag != "a" or not href or href.startswith("#") or element.get("class") == "title":
        return words
    shown = words.strip()
    if shown in (href, href.removeprefix("mailto:")):
        return shown
    # In pointed brackets, so that no full stop behind it becomes part of it (RFC 3986, appendix C).
    return f"{shown} <{href.removeprefix('mailto:')}>" if shown else ""


def _wrapped(text: str, width: int) -> Iterator[str]:
    """`text` in lines of at most `width`; a line break of the author's, told as NUL, begins a new one."""
    wrapper = TextWrapper(max(width, 20), break_long_words=False, break_on_hyphens=False)
    for line in text.split("\0"):
        # Not split(): spaces that do not break stay, as in “5 kg”.
        if words := _SPACE.sub(" ", line).strip(" "):
            yield from wrapper.wrap(words)
