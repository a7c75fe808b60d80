"""Analyze sanitized text: word count, headings, references, questions and excerpts."""

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml import html
from lxml.html import HtmlElement

from richtext.citations import KIND, find_citations
from richtext.sanitizer import parse

WORDS_PER_MINUTE = 220
EXCERPT_WORDS = 40
_WORD = re.compile(r"\w+(?:[’'.,-]\w+)*")
_BLOCK_TAGS = frozenset(
    {"p", "h2", "h3", "h4", "li", "blockquote", "pre", "td", "th", "caption", "figcaption", "hr", "br", "figure"}
    | {"aside", "details", "summary", "div", "table", "tr"}
)
_NOT_IN_EXCERPTS = ("h2", "h3", "h4", "table", "aside", "details", "figure", "pre", "sup")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 2 to 4, with its id and text."""

    level: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a text contains. `embeds` holds kinds and ids; `links` holds hrefs."""

    word_count: int
    headings: tuple[Heading, ...]
    embeds: frozenset[tuple[str, int]]
    links: frozenset[str] = frozenset()
    text: str = ""
    excerpt: str = ""


# The fields and the search index of a document need it one after the other, in imports for a batch of documents.
@lru_cache(maxsize=64)
def analyze(body: str) -> Analysis:
    """Return the analysis of a sanitized `body`."""
    root = parse(body)
    text = _plain_text_of(root)
    headings = tuple(
        Heading(int(element.tag[1]), element.get("id") or "", _text_of(element))
        for element in root.iter("h2", "h3", "h4")
    )
    embeds, links = _embeds_in(root), _links_in(root)
    # Last, because it changes the tree.
    return Analysis(len(_WORD.findall(text)), headings, embeds, links, text, _excerpt_of(root, EXCERPT_WORDS))


def _embeds_in(root: HtmlElement) -> frozenset[tuple[str, int]]:
    images = {("image", int(img.get("data-image") or 0)) for img in root.iter("img")}
    divs = (div for div in root.iter("div") if div is not root)
    citations = {(KIND, pk) for _, ids in find_citations(root) for pk in ids}
    return frozenset(images | citations | {(div.get("data-embed") or "", int(div.get("data-id") or 0)) for div in divs})


def _links_in(root: HtmlElement) -> frozenset[str]:
    return frozenset(link.get("href") or "" for link in root.iter("a"))


def plain_text(body: str) -> str:
    """Return the visible text of a sanitized `body`, one block a line, without markup."""
    return _plain_text_of(parse(body))


def _plain_text_of(root: HtmlElement) -> str:
    pieces: list[str] = []
    _collect_text(root, pieces)
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _collect_text(element: HtmlElement, pieces: list[str]) -> None:
    is_block = element.tag in _BLOCK_TAGS
    if is_block:
        pieces.append("\n")
    if element.tag == "aside" and element.get("data-title"):
        pieces.append(f"{element.get('data-title')}\n")
    pieces.append(element.text or "")
    for child in element:
        _collect_text(child, pieces)
        pieces.append(child.tail or "")
    if is_block:
        pieces.append("\n")


def _text_of(element: HtmlElement) -> str:
    return " ".join(_plain_text_of(element).split())


def find_questions(body: str) -> list[tuple[str, str]]:
    """Return the questions of a sanitized `body`, each with the visible text of its answer."""
    if "<details" not in body:
        return []
    questions: list[tuple[str, str]] = []
    for details in list(parse(body).iter("details")):
        summary = details.find("summary")
        if summary is not None:
            question = _text_of(summary)
            summary.drop_tree()
            answer = plain_text(html.tostring(details, encoding="unicode", with_tail=False))
            if question and answer:
                questions.append((question, answer))
    return questions


def excerpt(body: str, words: int = EXCERPT_WORDS) -> str:
    """Return the first `words` words of the paragraphs and lists of a text, with an ellipsis if it is longer."""
    return _excerpt_of(parse(body), words)


def _excerpt_of(root: HtmlElement, words: int) -> str:
    """Return the excerpt of the text below `root`, which loses elements that are not part of it."""
    found = (root.text or "").split()
    for block in root:
        if block.tag not in _NOT_IN_EXCERPTS:
            for element in list(block.iter(*_NOT_IN_EXCERPTS)):
                element.drop_tree()
            found += _plain_text_of(block).split()
        found += (block.tail or "").split()
        if len(found) > words:
            break
    return " ".join(found[:words]) + ("…" if len(found) > words else "")


def reading_minutes(word_count: int) -> int:
    """Return the whole minutes it takes to read a text, at least 1."""
    return max(1, round(word_count / WORDS_PER_MINUTE))
