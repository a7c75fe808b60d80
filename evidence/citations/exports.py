"""Read the formats that PubMed, publishers and reference managers export: RIS, NBIB, BibTeX and CSL-JSON."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from evidence.citations.bibtex import MAX_ENTRIES, is_bibtex, read_bibtex
from evidence.citations.dates import read_date
from evidence.citations.identifiers import clean_doi, clean_pmid, find_identifiers
from evidence.citations.record import Name, Record, full_range, plain_line

_RIS_LINE = re.compile(r"^([A-Z][A-Z0-9])  ?- ?(.*)$")
_NBIB_LINE = re.compile(r"^([A-Z]{2,4}) *- (.*)$")
_RIS_KINDS = {
    "BLOG": "webpage",
    "BOOK": "book",
    "CHAP": "chapter",
    "EBOOK": "book",
    "ECHAP": "chapter",
    "ELEC": "webpage",
    "GOVDOC": "report",
    "RPRT": "report",
    "STAND": "report",
    "THES": "thesis",
    "WEB": "webpage",
}
# Some put the DOI into notes or into the URL.
_RIS_DOIS = ("DO", "M3", "L3", "UR", "N1", "ID")


def read_exports(text: str) -> list[Record] | None:
    """Return the records of `text`, or None if it is in none of the formats."""
    start = text.lstrip("\ufeff \t\r\n")
    if re.match(r"\{|\[\s*\{", start):
        return _read_csl(start)
    if re.search(r"^TY  ?- ", start, re.MULTILINE):
        return [_from_ris(fields) for fields in islice(_tagged(start, _RIS_LINE, "ER", "TY"), MAX_ENTRIES)]
    if re.match(r"PMID *-", start):
        return [_from_nbib(fields) for fields in islice(_tagged(start, _NBIB_LINE, "", "PMID"), MAX_ENTRIES)]
    return read_bibtex(start) if is_bibtex(start) else None


def _read_csl(text: str) -> list[Record] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [Record.from_csl(item) for item in (data if isinstance(data, list) else [data]) if isinstance(item, dict)]


def _tagged(text: str, pattern: re.Pattern[str], end: str, start: str) -> Iterator[dict[str, list[str]]]:
    """Yield the entries of a format with one tag a line, from `start` to `end`; other lines continue the value before.

    What comes before the first entry is not read.
    """
    fields: defaultdict[str, list[str]] = defaultdict(list)
    tag = ""
    for line in text.splitlines():
        match = pattern.match(line)
        if not match:
            if line.strip() and fields.get(tag):
                fields[tag][-1] += f" {line.strip()}"
            continue
        tag = match[1]
        if tag in (start, end) and fields:
            yield dict(fields)
            fields.clear()
        if tag == start or fields:
            fields[tag].append(match[2].strip())
    if fields:
        yield dict(fields)


def _values(fields: dict[str, list[str]], *tags: str) -> list[str]:
    return [plain_line(value) for tag in tags for value in fields.get(tag, ())]


def _first(fields: dict[str, list[str]], *tags: str) -> str:
    return next(filter(None, _values(fields, *tags)), "")


def _from_ris(fields: dict[str, list[str]]) -> Record:
    dates = [read_date(value) for tag in ("PY", "Y1", "DA") for value in fields.get(tag, ())]
    # The year often has a field without the month and the day.
    same_year = [date for date in dates if date[0] == dates[0][0]]
    year, month, day = max(same_year, key=lambda date: sum(map(bool, date)), default=(None, None, None))
    first, last = _first(fields, "SP", "C7"), _first(fields, "EP")
    pages = f"{first}-{last}" if first and last and first != last and "-" not in first else first
    doi = next(filter(None, map(clean_doi, _values(fields, *_RIS_DOIS))), "")
    url = _first(fields, "UR")
    pmids = [clean_pmid(value) for value in _values(fields, "AN", "UR")]
    pmids += [find_identifiers(note).pmid for note in _values(fields, "N1")]
    return Record(
        kind=_RIS_KINDS.get(_first(fields, "TY"), "article-journal"),
        authors=tuple(map(_author, _values(fields, "AU", "A1"))),
        title=_first(fields, "TI", "T1").rstrip("."),
        container=_first(fields, "JF", "T2", "JO", "BT", "JA"),
        container_short=_first(fields, "J2", "JA")
        or (_first(fields, "JO") if "JF" in fields or "T2" in fields else ""),
        publisher=_first(fields, "PB"),
        publisher_place=_first(fields, "CY"),
        edition=_first(fields, "ET"),
        year=year,
        month=month,
        day=day,
        volume=_first(fields, "VL"),
        issue=_first(fields, "IS", "CP"),
        pages=full_range(pages),
        doi=doi,
        pmid=next(filter(None, pmids), ""),
        pmcid=next((value for value in _values(fields, "C2") if re.fullmatch(r"PMC\d+", value)), ""),
        url="" if doi else url,
    )


def _from_nbib(fields: dict[str, list[str]]) -> Record:
    year, month, day = read_date(_first(fields, "DP"))
    identifiers = [*fields.get("LID", []), *fields.get("AID", [])]
    return Record(
        authors=tuple(
            [_inverted(name) for name in fields.get("FAU", [])] or [_compact(name) for name in fields.get("AU", [])]
        )
        + tuple(Name(plain_line(name)) for name in fields.get("CN", [])),
        title=_first(fields, "TI", "BTI").rstrip("."),
        container=_first(fields, "JT", "TA"),
        container_short=_first(fields, "TA"),
        year=year,
        month=month,
        day=day,
        volume=_first(fields, "VI"),
        issue=_first(fields, "IP"),
        pages=full_range(_first(fields, "PG")),
        doi=next((clean_doi(each) for each in identifiers if "[doi]" in each), ""),
        pmid=clean_pmid(_first(fields, "PMID")),
        pmcid=_first(fields, "PMC"),
    )


def _inverted(name: str) -> Name:
    family, _, given = plain_line(name).partition(",")
    return Name(family.strip(), given.split(",")[0].strip())


def _author(name: str) -> Name:
    """Return the author in "Li, Q.", or in "Li Q" as some write it."""
    return _compact(name) if re.fullmatch(r"[^,]*\w [A-Z]{1,3}", name) else _inverted(name)


def _compact(name: str) -> Name:
    family, _, initials = plain_line(name).rpartition(" ")
    return Name(family or initials, " ".join(f"{initial}." for initial in initials) if family else "")
