"""Recognize what is no article of a journal: chapters, editions of books, theses, preprints, pages of sites."""

import re
from dataclasses import replace

from evidence.citations.record import Record, full_range

_MONTH_NAME = r"(?P<month>[A-Z][a-z]{2,8})\.?"
_YEAR = r"(?P<year>(?:1[6-9]|20)\d\d)"
# The day on which something appeared or changed online, which counts if there is no other: "Updated May 1, 2020."
_ONLINE_DATE = re.compile(
    rf"[\s;,.]{{0,4}}\b(?:(?:Preprint posted|Posted|Published) online|Published"
    r"|(?:Last )?(?:updated|reviewed|modified))(?:\son)?:?\s"
    rf"(?:{_MONTH_NAME}\s(?:(?P<day>\d{{1,2}}),\s)?)?{_YEAR}\b(?!\s[A-Za-z]{{3}}|/)\.?",
    re.IGNORECASE,
)
_PREPRINT = re.compile(r"\s?\[preprint\]|\bpreprint posted online\b", re.IGNORECASE)
_SERVERS = r"(?:ar|bior|medr|psyar|sportr|socar)xiv|OSF Preprints|Research Square|SSRN"
_SERVER_AFTER_TITLE = re.compile(rf"[.?!]\s(?P<server>{_SERVERS})$", re.IGNORECASE)
_THESIS = re.compile(
    r"\s?[\[(](?:[\w\s.’'-]{0,40}\s)?(?:dissertation|thesis)(?:,\s(?P<school>[^\])]{2,120}))?[\])]"
    r"|[.?!]\s(?:[\w.’'-]{1,20}\s){0,2}(?:dissertation|thesis)$",
    re.IGNORECASE,
)
_ORDINAL = r"(?:(?P<edition>\d{1,2})(?:st|nd|rd|th)\sed(?:ition|n)?\b\.?)"
_EDITION = re.compile(rf"[\s.,]{{0,3}}\(?{_ORDINAL}(?:,\sVol\.\s\d+)?\)?[\s.]*$", re.IGNORECASE)
_RANGE = r"(?P<pages>[A-Za-z]?\d+(?:\s?[-–—]\s?[A-Za-z]?\d+)?)"
# The editors come before the book. "In: Magee DJ, Quillen WS, eds. Title. 2nd ed. Place: Publisher; 2016:120-150."
_CHAPTER = re.compile(
    rf"[.?!]\s+In:\s(?:[^:;]{{3,400}}?,?\s\(?(?:eds?|editors?)\)?[.,]{{1,2}}\s)?(?P<book>[^;]{{3,300}}?)\.\s"
    rf"(?:{_ORDINAL}\s)?(?:(?P<place>[^:;.]{{2,60}}):\s)?(?P<publisher>[^:;]{{2,120}});\s?{_YEAR}"
    rf"(?:[:.,]\s?(?:pp?\.?\s?)?{_RANGE})?[\s.]*$"
)
# "In D. J. Magee & W. S. Quillen (Eds.), Title (2nd ed., pp. 120–150). Publisher."
_CHAPTER_OF_APA = re.compile(
    rf"[.?!]\s+In:?\s[^()]{{3,400}}?\s\([Ee]ds?\.\),?\s(?P<book>.{{3,300}}?)\s"
    rf"\((?:{_ORDINAL},\s)?pp?\.\s{_RANGE}\)\.?\s?(?P<publisher>[^:;]{{0,120}}?)[\s.]*$"
)


def take_online_date(text: str) -> tuple[str, re.Match[str] | None]:
    """Return `text` without the date on which the work appeared or changed online, and that date."""
    match = _ONLINE_DATE.search(text)
    return (f"{text[: match.start()]}. {text[match.end() :]}".strip(), match) if match else (text, None)


def read_chapter(record: Record, text: str) -> tuple[Record, str] | None:
    """Return the record with the book that `text` names with its editors, and the title; None for other works."""
    match = _CHAPTER.search(text) or _CHAPTER_OF_APA.search(text)
    if match is None:
        return None
    values = match.groupdict()
    year = int(values["year"]) if values.get("year") else record.year
    found = replace(
        record,
        kind="chapter",
        container=match["book"].strip(),
        publisher=(values.get("publisher") or "").strip(" ."),
        publisher_place=(values.get("place") or "").strip(),
        edition=values.get("edition") or "",
        pages=full_range(values.get("pages") or ""),
        year=year,
    )
    return found, text[: match.start() + 1]


def recognize_kind(record: Record, text: str) -> Record:
    """Return the record of the citation `text` with its kind, and without what only names the kind."""
    if match := _THESIS.search(record.title):
        school = match["school"] or record.publisher or record.container
        title = f"{record.title[: match.start()]}{record.title[match.end() :]}".strip()
        return replace(record, kind="thesis", title=title, publisher=school.strip(), container="")
    title, container = (_PREPRINT.sub("", part).strip(" .") for part in (record.title, record.container))
    if match := _SERVER_AFTER_TITLE.search(title):
        title, container = title[: match.start()], match["server"]
    if _PREPRINT.search(text) or re.fullmatch(_SERVERS, container, re.IGNORECASE):
        return replace(record, kind="article", title=title, container=container)
    edition = _EDITION.search(record.title)
    if edition and not record.volume and record.kind in ("article-journal", "book"):
        title = record.title[: edition.start()]
        publisher = record.publisher or record.container
        return replace(record, kind="book", title=title, edition=edition["edition"], publisher=publisher, container="")
    if record.kind == "article-journal" and record.url and not (record.volume or record.issue or record.pages):
        return record if record.doi or record.pmid else replace(record, kind="webpage")
    return record
