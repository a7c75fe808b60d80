"""Write records in a citation style: AMA 11, or the form of PubMed. Plain text; escape it for HTML."""

import re

from evidence.citations.record import Name, Record, short_range

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# AMA lists up to six authors, and of longer lists the first three.
_AMA_MAX, _AMA_SHOWN = 6, 3


def format_ama(record: Record) -> str:
    """Return `record` in the style of the American Medical Association, 11th edition."""
    names = list(record.authors)
    has_more = record.has_more_authors or len(names) > _AMA_MAX
    if has_more:
        names = names[:_AMA_SHOWN]
    authors = ", ".join([*map(_name, names), *(["et al"] if has_more and names else [])])
    container = record.container_short or record.container
    if record.kind in ("book", "report", "thesis"):
        published = "; ".join(filter(None, [record.publisher, str(record.year or "")]))
        form = "Dissertation" if record.kind == "thesis" else _edition(record.edition)
        parts = [authors, record.title, form, published]
    elif record.kind == "chapter":
        published = "; ".join(filter(None, [record.publisher, str(record.year or "")])) + _pages(record)
        parts = [authors, record.title, f"In: {container}" if container else "", _edition(record.edition), published]
    else:
        parts = [authors, record.title, container, _numbers(str(record.year or ""), record, record.pages)]
    text = _sentences(parts)
    if record.doi:
        return f"{text} doi:{record.doi}".strip()
    return f"{text} {record.url}".strip() if record.url else text


def format_pubmed(record: Record) -> str:
    """Return `record` as PubMed shows and copies it, with all authors."""
    # A group after persons follows a semicolon.
    names = [
        f"{('; ' if not name.given and before.given else ', ') if before else ''}{_name(name)}"
        for before, name in zip((None, *record.authors), record.authors, strict=False)
    ]
    if record.has_more_authors and names:
        names.append(", et al")
    month = _MONTHS[record.month - 1] if record.month else ""
    date = " ".join(str(part) for part in (record.year, month, record.day if month else None) if part)
    container = record.container_short or record.container
    if record.kind in ("book", "chapter", "report", "thesis"):
        published = "; ".join(filter(None, [record.publisher, date])) + _pages(record)
        place = f"{record.publisher_place}: {published}" if record.publisher_place else published
        title = f"{record.title} [dissertation]" if record.kind == "thesis" else record.title
        book = f"In: {container}" if record.kind == "chapter" and container else ""
        parts = ["".join(names), title, book, _edition(record.edition), place]
    else:
        parts = ["".join(names), record.title, container, _numbers(date, record, short_range(record.pages))]
    identifiers = [
        f"doi: {record.doi}." if record.doi else "",
        f"PMID: {record.pmid}{'' if record.pmcid else '.'}" if record.pmid else "",
        f"PMCID: {record.pmcid}." if record.pmcid else "",
    ]
    text = "; ".join(filter(None, [" ".join(filter(None, identifiers[:2])), identifiers[2]]))
    url = record.url if not record.doi and not record.pmid else ""
    return " ".join(filter(None, [_sentences(parts), text, url]))


def _name(name: Name) -> str:
    return f"{name.family} {name.initials}".strip()


def _numbers(date: str, record: Record, pages: str) -> str:
    """Return "2017;47(6):373-390", without what is unknown."""
    issue = f"({record.issue})" if record.issue else ""
    place = f"{record.volume}{issue}" + (f":{pages}" if pages else "")
    return ";".join(filter(None, [date, place]))


def _pages(record: Record) -> str:
    return f":{record.pages}" if record.pages else ""


def _edition(edition: str) -> str:
    if not edition.isdecimal():
        return edition
    number = int(edition)
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending} ed"


def _sentences(parts: list[str]) -> str:
    """Join `parts`, each with a period unless it ends with another mark."""
    return " ".join(part if re.search(r"[.?!][”\"’]?$", part) else f"{part}." for part in map(str.strip, parts) if part)
