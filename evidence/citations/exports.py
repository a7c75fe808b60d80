"""Read the formats that PubMed, publishers and reference managers export: RIS, NBIB, BibTeX and CSL-JSON."""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from evidence.citations.identifiers import clean_doi, clean_pmid
from evidence.citations.record import Name, Record, full_range, plain_line
from evidence.citations.typed import month_number

_RIS_LINE = re.compile(r"^([A-Z][A-Z0-9])  ?- ?(.*)$")
_NBIB_LINE = re.compile(r"^([A-Z]{2,4}) *- (.*)$")
_RIS_KINDS = {
    "BOOK": "book",
    "CHAP": "chapter",
    "RPRT": "report",
    "ELEC": "webpage",
    "THES": "thesis",
    "WEB": "webpage",
}
_BIBTEX_KINDS = {
    "book": "book",
    "inbook": "chapter",
    "incollection": "chapter",
    "techreport": "report",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "misc": "webpage",
}
_BIBTEX_START = re.compile(r"@(\w+)\s*\{\s*([^\s,{}]*)\s*,")
_BIBTEX_FIELD = re.compile(r"\s*,?\s*([\w-]+)\s*=\s*")
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "c": "\u0327", "k": "\u0328",
}  # fmt: skip
_CHARACTERS = {
    r"\ss": "ß",
    r"\o": "ø",
    r"\O": "Ø",
    r"\ae": "æ",
    r"\AE": "Æ",
    r"\aa": "å",
    r"\AA": "Å",
    r"\l": "ł",
    r"\L": "Ł",
    r"\i": "i",
}
_ACCENT = re.compile(r"\\([`'^~=.\"]|[urHvck](?=[\s{]))\s*\{?\s*(\\i|\w)\s*\}?")
_CHARACTER = re.compile(r"\\(?:ss|ae|AE|aa|AA|[oOlLi])(?![A-Za-z])\s?")


def read_exports(text: str) -> list[Record] | None:
    """Return the records of `text`, or None if it is in none of the formats."""
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith(("{", "[{")):
        return _read_csl(start)
    if re.match(r"TY  ?-", start):
        return [_from_ris(fields) for fields in _tagged(start, _RIS_LINE, "ER")]
    if re.match(r"PMID *-", start):
        return [_from_nbib(fields) for fields in _tagged(start, _NBIB_LINE, "")]
    if _BIBTEX_START.match(start):
        return [_from_bibtex(kind, fields) for kind, fields in _bibtex(start)]
    return None


def _read_csl(text: str) -> list[Record] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [Record.from_csl(item) for item in (data if isinstance(data, list) else [data]) if isinstance(item, dict)]


def _tagged(text: str, pattern: re.Pattern[str], end: str) -> Iterator[dict[str, list[str]]]:
    """Yield the entries of a format with one tag a line; other lines continue the value before."""
    fields: defaultdict[str, list[str]] = defaultdict(list)
    tag = ""
    for line in text.splitlines():
        match = pattern.match(line)
        if not match:
            if tag and line.strip() and fields[tag]:
                fields[tag][-1] += f" {line.strip()}"
            elif not line.strip() and not end and fields:
                yield dict(fields)
                fields.clear()
            continue
        tag = match[1]
        if tag == end:
            yield dict(fields)
            fields.clear()
        else:
            fields[tag].append(match[2].strip())
    if fields:
        yield dict(fields)


def _first(fields: dict[str, list[str]], *tags: str) -> str:
    return next((plain_line(fields[tag][0]) for tag in tags if fields.get(tag)), "")


def _from_ris(fields: dict[str, list[str]]) -> Record:
    year, month, day = _date(_first(fields, "PY", "Y1", "DA"))
    first, last = _first(fields, "SP"), _first(fields, "EP")
    pages = f"{first}-{last}" if first and last and first != last and "-" not in first else first
    return Record(
        kind=_RIS_KINDS.get(_first(fields, "TY"), "article-journal"),
        authors=tuple(_inverted(name) for tag in ("AU", "A1") for name in fields.get(tag, ())),
        title=_first(fields, "TI", "T1").rstrip("."),
        container=_first(fields, "JF", "T2", "JO", "BT"),
        container_short=_first(fields, "J2", "JA")
        or (_first(fields, "JO") if "JF" in fields or "T2" in fields else ""),
        publisher=_first(fields, "PB"),
        publisher_place=_first(fields, "CY"),
        year=year,
        month=month,
        day=day,
        volume=_first(fields, "VL"),
        issue=_first(fields, "IS"),
        pages=full_range(pages),
        doi=clean_doi(_first(fields, "DO", "M3", "L3")),
        pmid=next((clean_pmid(value) for value in fields.get("AN", []) if clean_pmid(value)), ""),
        url=_first(fields, "UR") if "doi.org/" not in _first(fields, "UR") else "",
    )


def _from_nbib(fields: dict[str, list[str]]) -> Record:
    year, month, day = _date(_first(fields, "DP"))
    identifiers = [*fields.get("LID", []), *fields.get("AID", [])]
    return Record(
        authors=tuple(
            [_inverted(name) for name in fields.get("FAU", [])] or [_compact(name) for name in fields.get("AU", [])]
        )
        + tuple(Name(plain_line(name)) for name in fields.get("CN", [])),
        title=_first(fields, "TI").rstrip("."),
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


def _from_bibtex(kind: str, fields: dict[str, str]) -> Record:
    year, _, _ = _date(fields.get("year") or fields.get("date") or "")
    authors = re.split(r"\s+and\s+", fields.get("author", "")) if fields.get("author") else []
    return Record(
        kind=_BIBTEX_KINDS.get(kind, "article-journal"),
        authors=tuple(_inverted(name) if "," in name else _natural(name) for name in authors if name != "others"),
        has_more_authors="others" in authors,
        title=fields.get("title", "").rstrip("."),
        container=fields.get("journal") or fields.get("journaltitle") or fields.get("booktitle", ""),
        publisher=fields.get("publisher") or fields.get("institution") or fields.get("school", ""),
        publisher_place=fields.get("address", ""),
        edition=fields.get("edition", ""),
        year=year,
        month=month_number(fields.get("month")),
        volume=fields.get("volume", ""),
        issue=fields.get("number") or fields.get("issue", ""),
        pages=full_range(re.sub(r"-{2,}", "-", fields.get("pages", ""))),
        doi=clean_doi(fields.get("doi", "")),
        pmid=clean_pmid(fields.get("pmid", "")),
        pmcid=fields.get("pmcid", ""),
        url="" if fields.get("doi") else fields.get("url", ""),
    )


def _bibtex(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the kind and the fields of each entry. Broken entries end where the next one starts."""
    for match in _BIBTEX_START.finditer(text):
        fields: dict[str, str] = {}
        position = match.end()
        while field := _BIBTEX_FIELD.match(text, position):
            value, position = _bibtex_value(text, field.end())
            fields.setdefault(field[1].lower(), plain_line(_from_tex(value)))
        yield match[1].lower(), fields


def _bibtex_value(text: str, position: int) -> tuple[str, int]:
    opening = text[position : position + 1]
    if opening not in {"{", '"'}:
        match = re.compile(r"[^\s,{}]*").match(text, position)
        return (match[0], match.end()) if match else ("", position)
    depth = 0
    for index in range(position, len(text)):
        character = text[index]
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        is_end = depth == 0 and (character == '"' and index > position if opening == '"' else character == "}")
        if is_end:
            return text[position + 1 : index], index + 1
    return text[position + 1 :], len(text)


def _from_tex(value: str) -> str:
    value = _ACCENT.sub(lambda m: unicodedata.normalize("NFC", m[2].replace(r"\i", "i") + _ACCENTS[m[1]]), value)
    value = _CHARACTER.sub(lambda m: _CHARACTERS[m[0].strip()], value)
    return re.sub(r"\\([&%$#_])", r"\1", value).replace("{", "").replace("}", "").replace("--", "-")


def _inverted(name: str) -> Name:
    family, _, given = plain_line(name).partition(",")
    return Name(family.strip(), given.split(",")[0].strip())


def _natural(name: str) -> Name:
    given, _, family = plain_line(name).rpartition(" ")
    return Name(family, given)


def _compact(name: str) -> Name:
    family, _, initials = plain_line(name).rpartition(" ")
    return Name(family or initials, " ".join(f"{initial}." for initial in initials) if family else "")


def _date(text: str) -> tuple[int | None, int | None, int | None]:
    parts = [part for part in re.split(r"[/\s-]+", text.strip()) if part]
    if not parts or not re.fullmatch(r"[12]\d{3}", parts[0]):
        return None, None, None
    values: list[Any] = [int(parts[0]), None, None]
    if len(parts) > 1:
        number = int(parts[1]) if parts[1].isascii() and parts[1].isdecimal() else month_number(parts[1])
        values[1] = number if number and 1 <= number <= 12 else None
    if values[1] and len(parts) > 2 and re.fullmatch(r"\d{1,2}", parts[2]) and 1 <= int(parts[2]) <= 31:
        values[2] = int(parts[2])
    return values[0], values[1], values[2]
