"""What a cleaned text is made of: words, headings, uses. Saved beside the text, so that lists need not parse it."""

import re
from dataclasses import dataclass

from lxml import html
from lxml.html import HtmlElement

from richtext.sanitizer import parse

WORDS_PER_MINUTE = 220
_WORD = re.compile(r"\w+(?:[’'.,-]\w+)*")
_BLOCK_TAGS = frozenset(
    [
        "p",
        "h2",
        "h3",
        "h4",
        "li",
        "blockquote",
        "pre",
        "td",
        "th",
        "caption",
        "figcaption",
        "hr",
        "br",
        "figure",
        "aside",
        "details",
        "summary",
        "div",
        "table",
        "tr",
    ]
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a text: level 2 to 4, its anchor and its words."""

    level: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """Words (count), headings in order, the embeds used as (kind, id) pairs, and the addresses linked to."""

    word_count: int
    headings: tuple[Heading, ...]
    embeds: frozenset[tuple[str, int]]
    links: frozenset[str] = frozenset()


def analyze(body: str) -> Analysis:
    """The structure of a cleaned `body`."""
    root = parse(body)
    headings = tuple(
        Heading(int(element.tag[1]), element.get("id") or "", " ".join("".join(element.itertext()).split()))
        for element in root.iter("h2", "h3", "h4")
    )
    embeds = {("image", int(img.get("data-image") or 0)) for img in root.iter("img")}
    embeds |= {
        (div.get("data-embed") or "", int(div.get("data-id") or 0)) for div in root.iter("div") if div is not root
    }
    links = frozenset(link.get("href") or "" for link in root.iter("a"))
    return Analysis(len(_WORD.findall(plain_text(body))), headings, frozenset(embeds), links)


def plain_text(body: str) -> str:
    """The visible words of a cleaned `body`, blocks parted by line ends, no markup."""
    pieces: list[str] = []
    _collect(parse(body), pieces)
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _collect(element: HtmlElement, pieces: list[str]) -> None:
    is_block = element.tag in _BLOCK_TAGS
    if is_block:
        pieces.append("\n")
    if element.tag == "aside" and element.get("data-title"):
        pieces.append(f"{element.get('data-title')}\n")
    pieces.append(element.text or "")
    for child in element:
        _collect(child, pieces)
        pieces.append(child.tail or "")
    if is_block:
        pieces.append("\n")


def questions(body: str) -> list[tuple[str, str]]:
    """The questions of a cleaned `body`, each with the visible words of its answer."""
    found: list[tuple[str, str]] = []
    for details in list(parse(body).iter("details")) if "<details" in body else ():
        summary = details.find("summary")
        if summary is not None:
            question = " ".join("".join(summary.itertext()).split())
            summary.drop_tree()
            found.append((question, plain_text(html.tostring(details, encoding="unicode", with_tail=False))))
    return found


def excerpt(body: str, words: int = 40) -> str:
    """The first `words` words of the text's paragraphs and lists, without markup, ended by an ellipsis if cut."""
    root = parse(body)
    for element in list(root.iter("h2", "h3", "h4", "table", "aside", "details", "figure", "pre", "sup")):
        element.drop_tree()
    found = plain_text(html.tostring(root, encoding="unicode")).split()
    return " ".join(found[:words]) + ("…" if len(found) > words else "")


def reading_minutes(words: int) -> int:
    """Whole minutes to read `words` words, at least 1."""
    return max(1, round(words / WORDS_PER_MINUTE))
