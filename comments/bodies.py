"""The HTML of comments: paragraphs, line breaks and links, and nothing else."""

import re
from collections.abc import Iterator

import nh3
from django.utils.html import escape
from lxml.html import HtmlElement

from richtext.analysis import plain_text
from richtext.sanitizer import parse, sanitize
from richtext.schema import BLOCKS

# Search engines give no credit for links that visitors placed.
LINK_REL = "nofollow ugc"
_cleaner = nh3.Cleaner(
    tags={"p", "br", "a"},
    attributes={"a": {"href"}},
    url_schemes={"http", "https"},
    link_rel=LINK_REL,
    strip_comments=True,
)
# Elements that start a new paragraph.
_BREAKS = BLOCKS | {"li", "tr", "caption", "figcaption", "summary"}
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
# What ends a sentence around a URL rather than the URL.
_URL_END = ".,;:!?'’”)]"
_BLANK_LINES = re.compile(r"\n\s*\n")


def html_from_text(text: str) -> str:
    """Return the HTML of a text that a visitor typed: blank lines separate paragraphs, and URLs become links."""
    blocks = [block.strip() for block in _BLANK_LINES.split(text.strip())]
    paragraphs = ("<br>".join(map(_link_urls, block.split("\n"))) for block in blocks if block)
    return _cleaner.clean("\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs))


def sanitize_comment(markup: str) -> str:
    """Return HTML from anywhere with its paragraphs, line breaks and links. All other visible text becomes plain."""
    paragraphs = [""]
    for piece in _pieces(parse(sanitize(markup))):
        if piece is None:
            paragraphs.append("")
        else:
            paragraphs[-1] += piece
    found = [_trim(paragraph) for paragraph in paragraphs]
    return _cleaner.clean("\n".join(f"<p>{paragraph}</p>" for paragraph in found if plain_text(paragraph).strip()))


def links(markup: str) -> list[str]:
    """Return the targets of the links in a comment."""
    return [element.get("href", "") for element in parse(markup).iter("a")]


def _pieces(element: HtmlElement, is_linked: bool = False) -> Iterator[str | None]:
    """Yield the inline HTML below `element`, and None where a paragraph starts or ends."""
    yield _text(element.text, element, is_linked)
    for child in element:
        is_link = child.tag == "a" and bool(child.get("href"))
        if child.tag in _BREAKS:
            yield None
        if child.tag == "br":
            yield "<br>"
        if is_link:
            yield f'<a href="{escape(child.get("href"))}">'
        yield from _pieces(child, is_linked or is_link)
        if is_link:
            yield "</a>"
        if child.tag in {"td", "th"}:
            yield " "
        if child.tag in _BREAKS:
            yield None
        yield _text(child.tail, element, is_linked)


def _text(text: str | None, parent: HtmlElement, is_linked: bool) -> str:
    is_code = parent.tag == "pre" or any(True for _ in parent.iterancestors("pre"))
    lines = (text or "").split("\n") if is_code else [text or ""]
    return "<br>".join(escape(line) if is_linked else _link_urls(line) for line in lines)


def _link_urls(text: str) -> str:
    """Escape `text` and turn its URLs into links."""
    pieces, position = [], 0
    for match in _URL.finditer(text):
        url = match[0].rstrip(_URL_END)
        pieces += [escape(text[position : match.start()]), f'<a href="{escape(url)}">{escape(url)}</a>']
        position = match.start() + len(url)
    return "".join([*pieces, escape(text[position:])])


def _trim(paragraph: str) -> str:
    """Remove spaces around line breaks, and both at both ends."""
    return re.sub(r"^(?:\s|<br>)+|(?:\s|<br>)+$", "", re.sub(r"\s*<br>\s*", "<br>", paragraph))
