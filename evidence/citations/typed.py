"""Read citations that people typed or copied, in the common styles of medicine.

A citation is read from its ends: identifiers first, then year, volume, issue and pages, which have a clear form,
then the authors at the start. Title and journal are what is left between.
"""

import re
from dataclasses import replace

from evidence.citations.dates import month_number
from evidence.citations.identifiers import find_identifiers
from evidence.citations.names import names_organization, read_names
from evidence.citations.record import Name, Record, full_range
from evidence.citations.works import read_chapter, recognize_kind, take_online_date

MAX_LENGTH = 4000

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?|Spring|Summer|Autumn|Fall|Winter)\.?"
)
_YEAR = r"(?P<year>(?:1[6-9]|20)\d\d)[a-z]?"
_DAY = r"(?:\s?(?P<day>\d{1,2})\b(?:\s?[-–]\s?\d{1,2})?)?"
_DATE = rf"{_YEAR}(?:[\s,]*(?P<month>{_MONTH})(?:\s?[-–/]\s?{_MONTH})?{_DAY})?"
_VOLUME = (
    r"(?P<volume>(?:(?:Suppl|Spec No)\.?\s?\d*|[A-Z]{0,3}\d{1,5}[A-Z]?(?:[-–/]\d{1,4}[A-Z]?)?|[IVXLC]{1,8})"
    r"(?:\s(?:Suppl|Pt)\.?(?:\s?\d+)?)?)"
)
# "6", "1-2", "8 Suppl", "Suppl 2"
_NUMBER = r"(?P<issue>(?:Suppl\.?\s?)?[\w/–-]+(?:\sSuppl\.?)?(?:\s\d+)?)"
_PLAIN_ISSUE = r"(?:\s(?P<plain_issue>\d[\d/–-]*(?:\sSuppl\.?(?:\s\d+)?)?)(?=:))"
_ISSUE = r"(?:\s?\((?P<issue>[^()]{1,40})\))"
_PAGES = (
    r"(?:(?:pp?\.?|pages?|Art(?:icle|\.)?(?:\s(?:no|ID|number)\.?)?)\s?)?"
    r"(?P<pages>(?:[A-Za-z]{0,8}\.?\d[\w./]*|[ivxlc]+)(?:\s?[-–—‐‑−]\s?[A-Za-z]{0,4}\d[\w.]*|\s?[-–]\s?[ivxlc]+)?"
    r"(?:[,;]\s?(?:discussion\s)?[A-Za-z]?\d+(?:\s?[-–]\s?\d+)?)*)"
)
# The ends of citations, the most specific ones first. Each is looked for at the end of the text.
_TAILS = tuple(
    re.compile(rf"(?:^|[\s.,;:(]){tail}[\s.,;]*$")
    for tail in (
        # 2017 Jun;47(6):373-90
        rf"(?<=[\s.,(]){_DATE}\)?\s?;\s?{_VOLUME}?\.?(?:{_ISSUE}|{_PLAIN_ISSUE})?(?:\s?[:,]\s?{_PAGES})?",
        # 47, no. 6 (June 2017): 373-90
        rf"{_VOLUME},?\s(?:nos?|iss)\.?\s?{_NUMBER},?\s\((?:(?P<month>{_MONTH})\s)?{_YEAR}\)(?:\s?[:,]\s?{_PAGES})?",
        # 2016. 5(10): p. 373-90
        rf"(?<=[\s.,(]){_DATE}\.\s{_VOLUME}{_ISSUE}?\s?:\s?{_PAGES}",
        # 2014, Issue 8. Art. No.: CD011275
        rf"{_DATE},?\sIssue\s(?P<issue>\d+)[.,]?\s(?:Art(?:icle|\.)?\s?(?:[Nn]o|ID|[Nn]umber)\.?:?\s?)?{_PAGES}",
        # 47.6 (2017): 373-390
        rf"(?P<volume>\d{{1,4}})\.(?P<issue>\d{{1,4}}(?:[-–]\d+)?)\s\({_DATE}\)\s?[:,]\s?{_PAGES}",
        # 47 (6) (2017) 373-390
        rf"{_VOLUME}{_ISSUE}\s\({_DATE}\)[,:]?\s{_PAGES}",
        # 47, 6 (2017) 373-390 and 47 (2017) 373-390
        rf"{_VOLUME}(?:,\s(?P<issue>\d+))?\s\({_DATE}\)[,:]?\s{_PAGES}",
        # (2017) 47(6):373-390
        rf"\({_DATE}\)[.,:]?\s{_VOLUME}{_ISSUE}?(?:\s?[:,]\s?{_PAGES})?",
        # vol. 47, no. 6, pp. 373-390, Jun. 2017
        rf"[Vv]ol\.?\s{_VOLUME}(?:,\snos?\.?\s?{_NUMBER})?,\s{_PAGES},\s(?:(?P<month>{_MONTH})\s)?{_YEAR}",
        # vol. 47, no. 6, June 2017, pp. 373-90
        rf"[Vv]ol(?:ume)?\.?\s{_VOLUME},?\s?(?:\(?(?:nos?|iss(?:ue)?|nr)\.?\s?{_NUMBER}\)?)?"
        rf"(?:,?\s\(?(?:(?P<day>\d{{1,2}})\s)?(?:(?P<month>{_MONTH})\s)?{_YEAR}\)?)?(?:,?\s?{_PAGES})?",
        # 47: 373-390, 2017
        rf"{_VOLUME}{_ISSUE}?\s?:\s?{_PAGES},\s{_YEAR}",
        # 47(6), 373-390 (2017)
        rf"{_VOLUME}{_ISSUE}?(?:\s?[,:]\s?{_PAGES})?[,.]?\s\({_DATE}\)",
        # 47(6), pp. 373-390, with the year after the authors
        rf"{_VOLUME}{_ISSUE}?\s?[,:]\s?{_PAGES}",
        rf"{_VOLUME},\s(?:no\.?\s)?(?P<issue>\d+),\s{_PAGES}",
        rf"{_VOLUME}{_ISSUE}",
        # March 2017, pp 12-14
        rf"(?:(?P<month>{_MONTH})\s)?{_YEAR},\spp?\.?\s{_PAGES}",
        # 2021 Mar 2:2021.03.01.433000
        rf"(?<=[\s.,(]){_DATE}\s?:\s?{_PAGES}",
        # An article without pages, a page of a site, a book: 2017 Jun 3
        rf"\(?{_DATE}\)?",
    )
)
_NO_YEAR_OF_ITS_OWN = frozenset(_TAILS[-6:-3])
_NUMBERING = re.compile(r"^\s*(?:[•·▪◦*]|\[\d{1,4}\]|\(\d{1,4}\)|\d{1,4}[.):](?!\d)|\d{1,3}(?=\s?[^\W\d_a-z]))[\s\t]*")
# The year after the authors: "(2017).", ", 2017.", ". 2017."
_YEAR_AFTER_AUTHORS = re.compile(
    r"[\s,.]{0,4}(?:\((?P<year>(?:1[6-9]|20)\d\d)[a-z]?(?:,\s(?P<month>[A-Z][a-z]{2,8}\.?)(?:\s(?P<day>\d{1,2}))?)?\)"
    r"|[,.]\s(?P<plain>(?:1[6-9]|20)\d\d)[a-z]?(?=[.,:;])"
    r"|(?<=\bal)\.?\s(?P<bare>(?:19|20)\d\d)[a-z]?(?=\s[A-Z]))[\s.,:;]{0,6}"
)
_NOTES = re.compile(
    r"[\s;,.]{0,4}(?:Epub\s(?:ahead of print\s)?(?:[A-Z][a-z]{2,8}\.?\s)?\d{4}(?:\s[A-Z][a-z]{2,8}\.?)?(?:\s\d{1,2})?"
    r"|\[?(?:Epub|Online) ahead of print\]?"
    r"|\[cited\s\d{4}[\w\s]{0,10}\]|\[published Online First:?[^\]]{0,30}\]"
    r"|[\[(]?(?:Accessed|Cited|Retrieved):?\s(?:on\s)?[\w\s,]{4,24}\d{4}[\])]?:?"
    r"|\[(?:Internet|online|PubMed|Google Scholar|CrossRef|Cross Ref|DOI)\]"
    r"|(?:Available|Retrieved)\s(?:at|from):?(?=[\s.]*$)|Published (?:online )?\d{4}[\w\s]{0,10}(?=[.]|$)"
    r"|Published (?:online )?[A-Z][a-z]+\s\d{1,2},\s\d{4}"
    r"|eCollection\s\d{4}(?:\s[A-Z][a-z]{2})?(?:\s\d{1,2})?"
    r"|(?:S2CID|OCLC|ISBN(?:-1[03])?|ISSN|Bibcode):?\s[\w.–-]{4,25}"
    r"|(?<=[.\]])\s(?:(?:English|Chinese|French|German|Italian|Japanese|Korean|Polish|Portuguese|Russian|Spanish|Turkish"
    r"|Danish|Dutch|Norwegian|Swedish)(?:,\s)?){1,2}(?=\.?\s*$)|\[Article in [A-Z][a-z]+\]"
    r"|(?<=[.\]])\s(?:Review|Free (?:PMC )?article|No abstract available)(?=\.?(?:\s|$))"
    r"|(?:Erratum|Comment|Correction) in:.*$)\.?",
    re.IGNORECASE,
)
# Within double quotation marks, single ones and apostrophes do not end the title.
_QUOTED = tuple(
    re.compile(rf"^[\s,.]*{opening}(?P<title>.+?)[,.]?{closing}[\s,.]*(?P<rest>.*)$")
    for opening, closing in (('[“"]', '[”"](?=[\\s,.])'), ("[‘']", "[’'](?=[,.])"), ("[‘']", "[’'](?=\\s)"))
)
_SENTENCE = re.compile(r"(?<!\bSt)(?<!\bvs)(?<!\bDr)(?<!\bVol)[.?!][’”\"')\]]?\s+(?=[^\Wa-z]|[a-z]?[A-Z])")
# The words of abbreviated journals, which may end in a period: "J. Orthop. Sports Phys. Ther."
_ABBREVIATIONS = frozenset(
    (  # noqa: SIM905 - shorter than a list
        "acad acta adv aging am ann annu appl arch arthritis assoc aust behav biol biomech biomed br brain"
        " bull can cell chem chir chiropr chronic clin cochrane coll comp complement control curr database dis"
        " educ endocrinol eng engl env environ epidemiol ergon eur eval exerc exp fam foot geriatr gerontol"
        " glob health hosp hum immunol inj int intern j jt knee lancet man manip manipulative med mol musc"
        " muscle musculoskelet nat natl neurol neurorehabil neurosci nurs nutr occup open opin orthop"
        " osteoarthr osteoporos pain pediatr pharmacol philos phys physiol physiother prev proc prof"
        " psychiatry psychol public q qual radiol rehabil rep res rev rheum rheumatol roy scand sci ser"
        " shoulder sleep soc spine sport sports stat stud surg syst technol ther top trans trauma traumatol"
        " u.s.a vasc vet world"
    ).split()
)


def parse_typed(text: str) -> Record:
    """Return what can be recognized in one citation. Its text is kept as `typed`."""
    typed = " ".join(text[:MAX_LENGTH].split())
    found = find_identifiers(_NUMBERING.sub("", typed))
    rest, online = take_online_date(found.rest)
    rest = _NOTES.sub(" ", rest).strip(" .;,")
    record = Record(doi=found.doi, pmid=found.pmid, pmcid=found.pmcid, url=found.url, typed=typed)
    if not rest:
        return record
    record, head, title_end = _read_authors(record, rest)
    if chapter := read_chapter(record, head):
        record, title = chapter
        return replace(record, title=_without_period(title))
    record, body = _read_tail(record, head)
    if not record.authors and record.url and not (record.volume or record.doi):
        record, body = _read_organization(record, body)
    has_commas = rest[title_end : title_end + 1] == "," and title_end > 1
    record = _read_title(record, body, has_authors=bool(record.authors), has_commas=has_commas)
    if online and record.year is None:
        month = month_number(online["month"])
        record = replace(record, year=int(online["year"]), month=month, day=_day(online["day"]) if month else None)
    return recognize_kind(record, typed)


def _read_authors(record: Record, text: str) -> tuple[Record, str, int]:
    """Return the record with the authors, and the year if it follows them; and the rest of the text."""
    for match in _YEAR_AFTER_AUTHORS.finditer(text[:3000]):
        # The period may belong to the last initial.
        start = next(match.start(name) for name in ("year", "plain", "bare") if match[name])
        before, after = text[:start], text[match.end() :]
        before = before.rstrip(" ,(")
        # Volume and pages follow the year of the journal, not that of the authors.
        if not after or (re.match(r"[\d\W]*[\d;:(]", after) and not re.match(r"\d+[\s-][A-Za-z]", after)):
            break
        names, more, _ = read_names(before, whole=True)
        is_group = not names and not re.search(r"[.?!]\s|[“\"]", before) and 0 < len(before) < 160
        if names or is_group:
            year = int(match["year"] or match["plain"] or match["bare"])
            month = month_number(match["month"])
            day = int(match["day"]) if match["day"] and month else None
            authors = names or _groups(before)
            return replace(record, authors=authors, has_more_authors=more, year=year, month=month, day=day), after, 1
        break
    names, more, end = read_names(text)
    quote = re.match(r"([^“\"]{3,600}?)[.,]?\s(?=[“\"])", text)
    if quote and end != quote.end(1):
        listed, has_more, _ = read_names(quote[1], whole=True)
        if listed or "." not in quote[1]:
            names, more, end = (listed or _groups(quote[1])), has_more, quote.end()
    if names:
        return replace(record, authors=names, has_more_authors=more), text[end:].lstrip(" .:,"), end
    return record, text, 0


def _groups(text: str) -> tuple[Name, ...]:
    return tuple(Name(part.strip()) for part in text.strip(" .,").split(";") if part.strip())


def _read_tail(record: Record, text: str) -> tuple[Record, str]:
    """Return the record with year, volume, issue and pages, and the text before them."""
    for pattern in _TAILS:
        match = _last_match(pattern, text)
        if match is None or (pattern in _NO_YEAR_OF_ITS_OWN and record.year is None):
            continue
        values = match.groupdict()
        year, month = values.get("year"), month_number(values.get("month"))
        if record.year is not None and pattern is _TAILS[-1]:
            continue
        changes: dict[str, object] = {
            "volume": (values.get("volume") or "").strip(),
            "issue": (values.get("issue") or values.get("plain_issue") or "").strip().replace("–", "-"),
            "pages": full_range((values.get("pages") or "").rstrip(".,")),
        }
        if year:
            changes |= {"year": int(year), "month": month, "day": _day(values.get("day")) if month else None}
        elif month:
            changes["month"] = month
        return replace(record, **changes), text[: match.start()].rstrip(" ,;:(")  # type: ignore[arg-type]
    return record, text


def _last_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the match of `pattern` at the end of `text`. Only the last part can be one, which limits the time."""
    return pattern.search(text, max(0, len(text) - 140))


def _read_organization(record: Record, text: str) -> tuple[Record, str]:
    """Return the record of a page with the organization before its title as author, and the text after it."""
    first, _, title = text.partition(". ")
    if title and names_organization(first) and not names_organization(title):
        return replace(record, authors=_groups(first)), title
    return record, text


def _read_title(record: Record, text: str, *, has_authors: bool, has_commas: bool) -> Record:
    """Return the record with title and journal, which `text` consists of; `has_commas` if commas separate the parts."""
    text = text.strip(" ,;")
    if quoted := next((match for pattern in _QUOTED if (match := pattern.match(text))), None):
        container = re.sub(r"^(?:in|In):?\s", "", quoted["rest"])
        return _with_container(replace(record, title=quoted["title"].strip(" ,")), container)
    segments = _sentences(text)
    if not has_authors and len(segments) > 2:
        record = replace(record, authors=_groups(segments[0]))
        segments = segments[1:]
    if not segments:
        return record
    if len(segments) == 1 and has_commas and record.volume and ", " in segments[0]:
        title, _, container = segments[0].rpartition(", ")
        return _with_container(replace(record, title=title), container)
    if len(segments) == 1:
        return replace(record, title=_without_period(segments[0]))
    position = _journal_start(segments)
    title = " ".join(segments[:position])
    return _with_container(replace(record, title=_without_period(title)), " ".join(segments[position:]))


def _journal_start(segments: list[str]) -> int:
    """Return the index of the first segment of the journal. At least one is left for the title."""
    position = len(segments) - 1
    if re.match(r"(?:American|British|European) (?:volume|edition)", segments[position]) and position > 1:
        position -= 1
    while position > 1:
        words = [word.strip("().&") for word in segments[position - 1].lower().split()]
        is_abbreviated = segments[position - 1].endswith(".") and len(words) <= 3
        if not is_abbreviated or not all(
            word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()) for word in words
        ):
            break
        position -= 1
    return position


def _with_container(record: Record, text: str) -> Record:
    text = text.strip(" ,;:.")
    text = re.sub(r"^(?:In|in):\s", "", text)
    book = re.match(r"(?P<place>[^:]{2,60}):\s(?P<publisher>[^:]{2,120})$", text)
    if book and not record.volume and not record.pages:
        return replace(record, kind="book", publisher_place=book["place"].strip(), publisher=book["publisher"].strip())
    return replace(record, container=text)


def _sentences(text: str) -> list[str]:
    """Return the sentences of `text` with their punctuation."""
    pieces, start = [], 0
    for match in _SENTENCE.finditer(text):
        pieces.append(text[start : match.end()].strip())
        start = match.end()
    return [piece for piece in (*pieces, text[start:].strip()) if piece]


def _without_period(title: str) -> str:
    title = title.strip()
    # Quotation marks around all of it, not around its first words.
    if quoted := re.fullmatch(r"[“\"]([^“”\"]*)[”\"]", title):
        title = quoted[1]
    return title[:-1].rstrip() if title.endswith(".") and not title.endswith("..") else title


def _day(text: str | None) -> int | None:
    return int(text) if text and 1 <= int(text) <= 31 else None
