"""Read BibTeX entries, with macros, joined values and the accents of TeX."""

import re
import unicodedata
from collections.abc import Mapping

from evidence.citations.dates import month_number, read_date
from evidence.citations.identifiers import clean_doi, clean_pmid, find_identifiers
from evidence.citations.record import Name, Record, full_range, plain_line

# More are refused anyway. Together with the length of a value, this limits the time for unclosed braces.
MAX_ENTRIES = 300
MAX_VALUE = 20_000

_KINDS = {
    "book": "book",
    "inbook": "chapter",
    "incollection": "chapter",
    "techreport": "report",
    "report": "report",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "thesis": "thesis",
    "misc": "webpage",
    "online": "webpage",
}
_START = re.compile(r"@[A-Za-z]+\s*[{(]\s*[^\s,{}()=\"]*\s*[,=]")
_ENTRY = re.compile(r"@([A-Za-z]+)\s*[{(]\s*")
_KEY = re.compile(r"[^\s,{}()=]*\s*,")
_FIELD = re.compile(r"[\s,]*([\w:-]+)\s*=\s*")
_WORD = re.compile(r"[^\s,{}()#\"]*")
_JOIN = re.compile(r"\s*#\s*")
_GROUP = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "c": "\u0327", "k": "\u0328",
}  # fmt: skip
_CHARACTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "l": "ł",
    "L": "Ł", "i": "i", "j": "j", "textendash": "–", "textemdash": "—", "textregistered": "®", "texttrademark": "™",
    "textquoteright": "’", "textquoteleft": "‘", "beta": "β", "alpha": "α", "gamma": "γ", "kappa": "κ", "mu": "µ",
}  # fmt: skip
_ACCENT = re.compile(r"\\([`'^~=.\"]|[urHvck](?=[\s{]))\s*\{?\s*(\\[ij](?![A-Za-z])|\w)\s*\}?")
_CHARACTER = re.compile(rf"\\({'|'.join(sorted(_CHARACTERS, key=len, reverse=True))})(?![A-Za-z])\s?")
_COMMAND = re.compile(r"\\(?:emph|text\w*|math\w*|url|href|uppercase|MakeUppercase|NoCaseChange)\s*(?=\{)")


def is_bibtex(text: str) -> bool:
    """Return whether `text` has the start of an entry or of a macro."""
    return _START.search(text) is not None


def read_bibtex(text: str) -> list[Record]:
    """Return the records of the entries in `text`. A broken entry ends where the next one starts."""
    macros: dict[str, str] = {}
    records: list[Record] = []
    for match in _ENTRY.finditer(text):
        kind, position = match[1].lower(), match.end()
        if kind == "string":
            macros |= _fields(text, position, macros)
        elif kind not in {"comment", "preamble"} and (key := _KEY.match(text, position)):
            records.append(_record(kind, _fields(text, key.end(), macros)))
        if len(records) >= MAX_ENTRIES:
            break
    return records


def _fields(text: str, position: int, macros: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the fields that start at `position`, in TeX."""
    fields: dict[str, str] = {}
    while field := _FIELD.match(text, position):
        position = field.end()
        value, position = _part(text, position, macros)
        while (join := _JOIN.match(text, position)) and len(value) < MAX_VALUE:
            part, position = _part(text, join.end(), macros)
            value += part
        fields.setdefault(field[1].lower(), value)
    return fields


def _part(text: str, position: int, macros: Mapping[str, str]) -> tuple[str, int]:
    """Return a part of a value, in braces, in quotation marks or a macro, and where it ends."""
    opening = text[position : position + 1]
    if opening not in {"{", '"'}:
        word = _WORD.match(text, position)
        end = word.end() if word else position
        return macros.get(text[position:end].lower(), text[position:end]), end
    depth = 0
    for index in range(position, min(len(text), position + MAX_VALUE)):
        character = text[index]
        depth += (character == "{") - (character == "}")
        if depth == 0 and index > position and character == ("}" if opening == "{" else '"'):
            return text[position + 1 : index], index + 1
    return text[position + 1 : position + MAX_VALUE], min(len(text), position + MAX_VALUE)


def _record(kind: str, tex: Mapping[str, str]) -> Record:
    fields = {name: plain_line(_from_tex(value)) for name, value in tex.items()}
    year, month, day = read_date(fields.get("date") or fields.get("year", ""))
    if month is None and fields.get("month"):
        _, month, _ = read_date(f"2000 {fields['month']}")
    noted = find_identifiers(fields.get("note", ""))
    doi = clean_doi(fields.get("doi", "")) or clean_doi(fields.get("url", "")) or noted.doi
    return Record(
        kind=_KINDS.get(kind, "article-journal"),
        authors=tuple(_name(name) for name in _split_names(tex.get("author", "")) if name.lower() != "others"),
        has_more_authors=any(name.lower() == "others" for name in _split_names(tex.get("author", ""))),
        title=_title(fields),
        container=fields.get("journal") or fields.get("journaltitle") or fields.get("booktitle", ""),
        container_short=fields.get("shortjournal", ""),
        publisher=fields.get("publisher") or fields.get("institution") or fields.get("school", ""),
        publisher_place=fields.get("address") or fields.get("location", ""),
        edition=fields.get("edition", ""),
        year=year,
        month=month or month_number(fields.get("month")),
        day=day,
        volume=fields.get("volume", ""),
        issue=fields.get("number") or fields.get("issue", ""),
        pages=full_range(re.sub(r"-{2,}", "-", fields.get("pages") or fields.get("eid") or "")),
        doi=doi,
        pmid=clean_pmid(fields.get("pmid", "")) or noted.pmid,
        pmcid=fields.get("pmcid", ""),
        url="" if doi else fields.get("url", ""),
    )


def _title(fields: Mapping[str, str]) -> str:
    title, subtitle = (fields.get(name, "").rstrip(".") for name in ("title", "subtitle"))
    return f"{title}: {subtitle}" if title and subtitle else title


def _split_names(value: str) -> list[str]:
    """Return the names in TeX. An "and" in braces belongs to a name."""
    value = _GROUP.sub(lambda group: re.sub(r"\s+and\s+", "\0", group[0]), " ".join(value.split()))
    return [name.replace("\0", " and ").strip() for name in re.split(r"\s+and\s+", value, flags=re.IGNORECASE) if name]


def _name(tex: str) -> Name:
    """Return a name: "Family, Given", "Family, Jr, Given", "Given van Family", or a group in braces."""
    text = plain_line(_from_tex(tex))
    if _GROUP.fullmatch(tex) and "," not in text:
        return Name(text)
    if "," in text:
        family, *rest = (part.strip() for part in text.split(","))
        return Name(family, rest[-1])
    words = text.split()
    start = next((index for index, word in enumerate(words[:-1]) if index and word[0].islower()), len(words) - 1)
    return Name(" ".join(words[start:]), " ".join(words[:start]))


def _from_tex(value: str) -> str:
    """Return plain text: accents and characters as such, without commands, braces and signs of formulas."""
    value = _ACCENT.sub(
        lambda accent: unicodedata.normalize("NFC", accent[2].removeprefix("\\") + _ACCENTS[accent[1]]), value
    )
    value = _CHARACTER.sub(lambda character: _CHARACTERS[character[1]], value)
    value = _COMMAND.sub("", value)
    value = re.sub(r"(?<!\\)[$~]", lambda sign: " " if sign[0] == "~" else "", value)
    return re.sub(r"\\([&%$#_])", r"\1", value).replace("{", "").replace("}", "").replace("--", "-")
