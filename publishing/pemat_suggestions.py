"""Answers to items of the PEMAT that follow from the text itself. The reviewer may change all of them."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from lxml.html import HtmlElement

from publishing.pemat import Answer
from richtext.analysis import analyze
from richtext.readability import Readability, readability
from richtext.sanitizer import parse

# The guide calls a text very short that has two paragraphs or less and no more than one page.
SHORT_TEXT_WORDS = 200
MAX_GRADE = 8
MAX_PASSIVE_SHARE = 0.1
MAX_SECTION_WORDS = 250
_NUMBER = re.compile(r"\d")
_DIRECT = re.compile(r"\b(you|your|yours|yourself)\b", re.IGNORECASE)
_SUMMARY = re.compile(r"(in short|key points?|summary|the short version|to sum up|takeaways?)\b", re.IGNORECASE)


class Suggestion(NamedTuple):
    """An answer, with what it is based on."""

    answer: Answer
    reason: str


def suggest(data: dict[str, Any]) -> dict[str, Suggestion]:
    """Return the answers that the content `data` of a document suggests, by the key of the item."""
    body = data.get("body") or ""
    root = parse(body or "<p></p>")
    found = [*_words(readability(body)), *_organization(body, root, data), *_visuals(root, data), *_actions(root)]
    return {str(number): suggestion for number, suggestion in found}


def _when(condition: bool, reason: str) -> Suggestion:
    return Suggestion(Answer.AGREE if condition else Answer.DISAGREE, reason)


def _skip(reason: str) -> Suggestion:
    return Suggestion(Answer.NOT_APPLICABLE, reason)


def _words(figures: Readability | None) -> Iterator[tuple[int, Suggestion]]:
    if figures is None or not figures.is_meaningful:
        return
    yield 3, _when(figures.grade <= MAX_GRADE, f"Reading grade {figures.grade}; {MAX_GRADE} or less is plain.")
    share = figures.passive_sentences / figures.sentences
    yield 5, _when(share <= MAX_PASSIVE_SHARE, f"{figures.passive_sentences} of {figures.sentences} sentences passive.")


def _organization(body: str, root: HtmlElement, data: dict[str, Any]) -> Iterator[tuple[int, Suggestion]]:
    analysis = analyze(body) if body else None
    words = analysis.word_count if analysis else 0
    if not _NUMBER.search(_text_of(root)):
        yield 6, _skip("No numbers.")
    headings = analysis.headings if analysis else ()
    if words < SHORT_TEXT_WORDS:
        yield from ((number, _skip(f"{words} words.")) for number in (8, 9, 11))
    else:
        longest = max(_section_words(root), default=words)
        yield 8, _when(longest <= MAX_SECTION_WORDS, f"The longest section has {longest} words.")
        if not headings:
            yield 9, _when(False, "No headings.")
        has_summary = bool(data.get("tldr")) or any(_SUMMARY.match(heading.text) for heading in headings)
        yield 11, _when(has_summary, "A summary was found." if has_summary else "No TL;DR and no such heading.")
    cues = next(root.iter("ul", "ol", "aside", "strong"), None) is not None
    yield 12, _when(cues, "Lists, boxes or bold type were found." if cues else "No lists, boxes or bold type.")


def _section_words(root: HtmlElement) -> list[int]:
    """Return the number of words between one heading and the next."""
    blocks = list(root)
    starts = [0, *(index for index, block in enumerate(blocks) if block.tag in ("h2", "h3", "h4")), len(blocks)]
    return [sum(len(_text_of(block).split()) for block in blocks[start:end]) for start, end in pairwise(starts)]


def _visuals(root: HtmlElement, data: dict[str, Any]) -> Iterator[tuple[int, Suggestion]]:
    images = list(root.iter("img"))
    if not images and not data.get("featured_image"):
        yield 15, _when(False, "No images.")
        yield from ((number, _skip("No images.")) for number in (16, 17, 18))
        yield 26, _when(False, "No images.")
    elif images:
        captions = sum(1 for image in images if _has_caption(image))
        yield 17, _when(captions == len(images), f"{captions} of {len(images)} images in the text have a caption.")
    tables = list(root.iter("table"))
    if not tables:
        yield 19, _skip("No tables.")
        yield 25, _skip("No charts or tables.")
    else:
        with_headings = sum(1 for table in tables if next(table.iter("th"), None) is not None)
        yield 19, _when(with_headings == len(tables), f"{with_headings} of {len(tables)} tables have headings.")


def _has_caption(image: HtmlElement) -> bool:
    figure = next(image.iterancestors("figure"), None)
    caption = figure.find("figcaption") if figure is not None else None
    return caption is not None and bool(_text_of(caption).strip())


def _actions(root: HtmlElement) -> Iterator[tuple[int, Suggestion]]:
    count = len(_DIRECT.findall(_text_of(root)))
    yield 21, _when(count > 0, f"“You” or “your” {count} times.")
    steps = max((len(element.findall("li")) for element in root.iter("ol")), default=0)
    if steps > 1:
        yield 22, _when(True, f"A numbered list of {steps} steps.")


def _text_of(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())
