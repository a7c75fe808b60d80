"""Turn typed references into citations: numbers such as [1] in a text, and the typed list they refer to."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml import html
from lxml.html import HtmlElement

from evidence import library
from evidence.citations.reading import UnreadableError, read_references
from evidence.citations.record import Record
from evidence.models import Source
from richtext.sanitizer import parse, sanitize, serialize

HEADING = re.compile(
    r"(?:list of )?(?:references?|sources?|literature(?: cited)?|bibliography|citations?|works cited|footnotes?|notes)",
    re.IGNORECASE,
)
# The same words at the beginning of a block.
_MAYBE_HEADING = re.compile(
    r"<(?:h[2-4]|p)\b[^<>]*>(?:\s|&nbsp;|<[^<>]*>)*"
    r"(?:list of )?(?:references?|sources?|literature|bibliography|citations?|works cited|footnotes?|notes)\b",
    re.IGNORECASE,
)
# [1], [1,2], [1-3] in text; in a superscript also without brackets.
_BRACKETED = re.compile(r"[ \u00a0]?\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_PLAIN = re.compile(r"[\[(]?(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\])]?")
_NUMBER = re.compile(r"\s*(?:\[(\d{1,3})\]|(\d{1,3})[.)])\s+")


@dataclass(frozen=True, slots=True)
class Conversion:
    """A converted text, and what happened."""

    body: str
    citation_count: int
    sources: tuple[Source, ...]
    message: str


@dataclass(slots=True)
class _Entry:
    element: HtmlElement
    text: str
    record: Record
    is_cited: bool = False


def may_have_typed_list(body: str) -> bool:
    """Return False if `body` has nothing for `convert_typed_references`. Fast, for many texts."""
    return bool(_MAYBE_HEADING.search(body))


def convert_typed_references(body: str) -> Conversion:
    """Return the sanitized `body` with citations instead of typed numbers.

    Entries of the typed list become references of the library. Entries that no number names stay in the list, so
    that nothing is lost.
    """
    root = parse(body) if body else html.Element("div")
    heading, entries = _find_list(root)
    if not entries:
        message = (
            "There is no list of references to convert. It needs a heading such as “References”, and full citations."
        )
        return Conversion(body, 0, (), message)
    sources: dict[int, Source] = {}

    def source_of(number: int) -> Source:
        if number not in sources:
            sources[number] = library.add_record(entries[number].record)
        return sources[number]

    in_list = {entry.element for entry in entries.values()}
    count = _replace_numbers(root, in_list, entries, source_of)
    if not count:
        # The list itself stays as it is, and its records are in the library.
        found = tuple(source_of(number) for number in entries)
        message = f"The text has no number such as [1]. Its {_counted(len(found), 'reference')} can now be inserted."
        return Conversion(body, 0, found, message)
    _remove_cited(heading, entries)
    message = f"Converted {_counted(count, 'number')} to citations of {_counted(len(sources), 'reference')}."
    if any(not entry.is_cited for entry in entries.values()):
        message += " Entries that no number names stay in the typed list."
    return Conversion(sanitize(serialize(root)), count, tuple(sources.values()), message)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _find_list(root: HtmlElement) -> tuple[HtmlElement | None, dict[int, _Entry]]:
    """Return the heading of the list of references, and the entries by number."""
    for heading in reversed(list(root.iterchildren("h2", "h3", "h4", "p"))):
        text = heading.text_content().strip(" :.\u00a0")
        if HEADING.fullmatch(text) and (entries := _entries_after(heading)):
            return heading, entries
    return None, {}


def _entries_after(heading: HtmlElement) -> dict[int, _Entry]:
    entries: dict[int, _Entry] = {}
    for block in heading.itersiblings():
        if block.tag in {"ol", "ul"}:
            first = int(block.get("start") or 1) if (block.get("start") or "1").isdecimal() else 1
            elements = list(enumerate(block.iterchildren("li"), start=first + len(entries) if first == 1 else first))
        elif block.tag == "p":
            elements = [(len(entries) + 1, block)]
        else:
            break
        for position, element in elements:
            text = " ".join(element.text_content().split())
            typed = _NUMBER.match(text)
            number = int(typed[1] or typed[2]) if typed else position
            if record := _read(text[typed.end() :] if typed else text):
                entries.setdefault(number, _Entry(element, text, record))
    return entries


def _read(text: str) -> Record | None:
    try:
        records = read_references(text)
    except UnreadableError:
        return None
    return records[0] if len(records) == 1 else None


def _replace_numbers(
    root: HtmlElement, in_list: set[HtmlElement], entries: dict[int, _Entry], source_of: Callable[[int], Source]
) -> int:
    """Replace the numbers outside the list with citations, and return how many there are."""
    count = 0
    for element in list(root.iter()):
        if element in in_list or any(above in in_list for above in element.iterancestors()):
            continue
        if any(each.tag in {"pre", "code"} for each in (element, *element.iterancestors())):
            continue
        if element.tag == "sup" and not element.get("data-cite"):
            numbers = _numbers(_PLAIN.fullmatch(element.text_content().strip()), entries)
            if numbers:
                _to_citation(element, numbers, entries, source_of)
                count += 1
            continue
        count += _replace_in_text(element, entries, source_of)
    return count


def _replace_in_text(element: HtmlElement, entries: dict[int, _Entry], source_of: Callable[[int], Source]) -> int:
    """Replace the bracketed numbers in the own text of `element` and in the tails of its children."""
    count = 0
    for holder, attribute in [(element, "text"), *((child, "tail") for child in list(element))]:
        text = getattr(holder, attribute) or ""
        place = 0 if attribute == "text" else element.index(holder) + 1
        pieces: list[HtmlElement] = []
        before, position = "", 0
        for match in _BRACKETED.finditer(text):
            numbers = _numbers(match, entries)
            if not numbers:
                continue
            between = text[position : match.start()]
            if pieces:
                pieces[-1].tail = between
            else:
                before = between
            citation = html.Element("sup")
            _to_citation(citation, numbers, entries, source_of)
            pieces.append(citation)
            position = match.end()
        if pieces:
            pieces[-1].tail = text[position:]
            setattr(holder, attribute, before)
            for offset, piece in enumerate(pieces):
                element.insert(place + offset, piece)
            count += len(pieces)
    return count


def _numbers(match: re.Match[str] | None, entries: dict[int, _Entry]) -> list[int]:
    """Return the numbers in `match`, with ranges written out; empty if the list lacks one of them."""
    if match is None:
        return []
    numbers: list[int] = []
    for part in re.split(r"\s*[,;]\s*", match[1]):
        first, _, last = re.sub(r"\s*[–-]\s*", "-", part).partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers if numbers and all(number in entries for number in numbers) else []


def _to_citation(
    element: HtmlElement, numbers: list[int], entries: dict[int, _Entry], source_of: Callable[[int], Source]
) -> None:
    tail = element.tail
    element.clear()
    element.tail = tail
    element.set("data-cite", " ".join(str(source_of(number).pk) for number in numbers))
    for number in numbers:
        entries[number].is_cited = True


def _remove_cited(heading: HtmlElement | None, entries: dict[int, _Entry]) -> None:
    """Remove the entries that became citations, and the heading and lists that are empty without them."""
    for entry in entries.values():
        if entry.is_cited:
            parent = entry.element.getparent()
            entry.element.drop_tree()
            if parent is not None and parent.tag in {"ol", "ul"} and parent.find("li") is None:
                parent.drop_tree()
    if heading is not None and all(entry.is_cited for entry in entries.values()):
        heading.drop_tree()
