"""A bibliographic record, with the fields of CSL-JSON that this site uses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Self

_TAGS = re.compile(r"</?(?:i|b|em|strong|sub|sup|scp|span|p|jats:[\w-]+)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INITIAL = re.compile(r"\w", re.UNICODE)


class Name(NamedTuple):
    """An author: family and given names, or only a family name for a group."""

    family: str
    given: str = ""

    def to_csl(self) -> dict[str, str]:
        """Return the author as CSL-JSON."""
        return {"family": self.family, "given": self.given} if self.given else {"literal": self.family}

    @property
    def initials(self) -> str:
        """Return the initials without periods, such as "AR"."""
        return "".join(part[0].upper() for part in re.split(r"[\s.\-‐‑]+", self.given) if _INITIAL.match(part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known about a source. Unknown fields are empty."""

    kind: str = "article-journal"  # a type of CSL
    authors: tuple[Name, ...] = ()
    has_more_authors: bool = False  # the text ended the list with "et al."
    title: str = ""
    container: str = ""  # journal, book or site, as written
    container_short: str = ""  # the abbreviation of the National Library of Medicine
    publisher: str = ""
    publisher_place: str = ""
    edition: str = ""
    year: int | None = None
    month: int | None = None
    day: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""  # with a hyphen, and the last page in full: "1011-1022"
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    url: str = ""
    typed: str = field(default="", compare=False)  # what the record was read from, if that was a citation

    @property
    def missing(self) -> list[str]:
        """Return what a complete reference would also have, in words."""
        wanted = {"authors": self.authors, "a title": self.title, "a year": self.year}
        if self.kind == "article-journal":
            wanted |= {"a journal": self.container or self.container_short}
        return [name for name, value in wanted.items() if not value]

    def to_csl(self) -> dict[str, Any]:
        """Return the record as CSL-JSON."""
        date = [part for part in (self.year, self.month, self.day) if part]
        values = {
            "type": self.kind,
            "author": [name.to_csl() for name in self.authors],
            "title": self.title,
            "container-title": self.container or self.container_short,
            "container-title-short": self.container_short,
            "publisher": self.publisher,
            "publisher-place": self.publisher_place,
            "edition": self.edition,
            "issued": {"date-parts": [date]} if date else None,
            "volume": self.volume,
            "issue": self.issue,
            "page": self.pages,
            "DOI": self.doi,
            "PMID": self.pmid,
            "PMCID": self.pmcid,
            "URL": self.url,
        }
        return {name: value for name, value in values.items() if value}

    @classmethod
    def from_csl(cls, data: Mapping[str, Any]) -> Self:
        """Return the record in CSL-JSON from a service. Wrong types count as missing; markup becomes plain text."""
        year, month, day = _date(data.get("issued")) or _date(data.get("published")) or (None, None, None)
        kind = data.get("type")
        return cls(
            kind=_KINDS.get(kind, kind) if isinstance(kind, str) and len(kind) <= 30 else "article-journal",
            authors=tuple(_names(data.get("author"))),
            title=_text(data.get("title")),
            container=_text(data.get("container-title")),
            container_short=_text(data.get("container-title-short") or data.get("journalAbbreviation")),
            publisher=_text(data.get("publisher")),
            publisher_place=_text(data.get("publisher-place")),
            edition=_text(data.get("edition")),
            year=year,
            month=month,
            day=day,
            volume=_text(data.get("volume")),
            issue=_text(data.get("issue")),
            pages=full_range(_text(data.get("page") or data.get("article-number"))),
            doi=_text(data.get("DOI")),
            pmid=_text(data.get("PMID")),
            pmcid=_text(data.get("PMCID")),
        )

    def is_empty(self) -> bool:
        """Return whether nothing was recognized."""
        names = {each.name for each in fields(self)} - {"kind", "typed", "has_more_authors"}
        return not any(getattr(self, name) for name in names)


# The types that Crossref and DataCite send, as CSL names them.
_KINDS = {
    "journal-article": "article-journal",
    "book-chapter": "chapter",
    "posted-content": "article",
    "dissertation": "thesis",
}


def full_range(pages: str) -> str:
    """Return a range of pages with a hyphen and the last page in full: "1011–22" becomes "1011-1022"."""
    pages = re.sub(r"\s*[-–—‐‑−]\s*", "-", pages.strip())
    match = re.fullmatch(r"([A-Za-z]*)(\d+)-([A-Za-z]*)(\d+)", pages)
    if not match:
        return pages
    prefix, first, other_prefix, last = match.groups()
    if len(last) < len(first) and (not other_prefix or other_prefix == prefix):
        last = first[: -len(last)] + last
    return f"{prefix}{first}-{other_prefix or prefix}{last}"


def short_range(pages: str) -> str:
    """Return a range of pages as PubMed writes it, without the digits that repeat: "1011-22"."""
    match = re.fullmatch(r"([A-Za-z]*)(\d+)-([A-Za-z]*)(\d+)", pages)
    if not match or match[1] != match[3] or len(match[2]) != len(match[4]):
        return pages
    prefix, first, _, last = match.groups()
    shared = 0
    while shared < len(last) - 1 and first[shared] == last[shared]:
        shared += 1
    return f"{prefix}{first}-{last[shared:]}"


def plain_line(text: str) -> str:
    """Return `text` on one line, without the tags that publishers put into titles."""
    return " ".join(_TAGS.sub("", text).split())


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return plain_line(str(value)) if isinstance(value, str | int) else ""


def _names(value: Any) -> list[Name]:
    found = []
    for item in value if isinstance(value, list) else ():
        if not isinstance(item, Mapping):
            continue
        particle = _text(item.get("non-dropping-particle"))
        family = _text(item.get("family") or item.get("literal") or item.get("name"))
        if family:
            found.append(Name(f"{particle} {family}".strip(), _text(item.get("given"))))
    return found


def _date(value: Any) -> tuple[int, int | None, int | None] | None:
    parts = value.get("date-parts") if isinstance(value, Mapping) else None
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    numbers = [int(part) for part in first if str(part).isascii() and str(part).isdecimal()][:3]
    if not numbers or not 1000 <= numbers[0] <= 2999:
        return None
    month = numbers[1] if len(numbers) > 1 and 1 <= numbers[1] <= 12 else None
    day = numbers[2] if month and len(numbers) > 2 and 1 <= numbers[2] <= 31 else None
    return numbers[0], month, day
