"""Find DOIs, PubMed numbers and other identifiers in text."""

import re
from typing import NamedTuple
from urllib.parse import unquote

MAX_DOI_LENGTH = 200
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>“”]+")
_DOI_LABEL = (
    r"(?:(?:Available|Retrieved)\s+(?:at|from):?\s*)?"
    r"(?:\bdoi(?:\.org)?\s*[:=]?\s*)?(?:https?://(?:[\w-]+\.)*(?:doi\.org|[\w-]*doi[\w.-]*)/|\b(?:dx\.)?doi\.org/)?"
)
_LABELED_DOI = re.compile(rf"{_DOI_LABEL}(?:doi:\s*)?({_DOI.pattern})", re.IGNORECASE)
_PMID = re.compile(r"(?:Pub\s?Med\s+)?(?:PMID|PubMed ID|Pub\s?Med:?)\s*[:=]?\s*(\d{1,8})\b[.;\])]*", re.IGNORECASE)
_PMID_URL = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/(?:\?term=)?"
    r"(\d{1,8})\b[^\s]*",
    re.IGNORECASE,
)
_PMCID = re.compile(
    r"(?:https?://\S*?/)?(?:PubMed Central\s+)?(?:PMCID\s*:?\s*)?\b(PMC\d{1,9})\b/?[.;\])]*", re.IGNORECASE
)
_URL = re.compile(
    r"(?:(?:Available|Retrieved|Accessed)\s+(?:at|from):?\s*|URL:?\s*)?(https?://[^\s<>\"]+)", re.IGNORECASE
)


class Identifiers(NamedTuple):
    """The identifiers in a text, and the text without them."""

    doi: str
    pmid: str
    pmcid: str
    url: str
    rest: str


def clean_doi(text: str) -> str:
    """Return the DOI in `text`, from a URL or with a label, in its own case; "" if there is none."""
    match = _DOI.search(unquote(text.strip())) if len(text) <= 4 * MAX_DOI_LENGTH else None
    return _trim(match[0])[:MAX_DOI_LENGTH] if match else ""


def clean_pmid(text: str) -> str:
    """Return the PubMed number that `text` consists of, from a URL or with a label; "" if it is something else."""
    text = text.strip()
    match = _PMID_URL.fullmatch(text) or _PMID.fullmatch(text) or re.fullmatch(r"(\d{1,8})", text)
    return match[1].lstrip("0") if match else ""


def clean_url(text: str) -> str:
    """Return the URL that `text` starts with if browsers open it as a page; "" for others, such as scripts."""
    match = re.match(r"https?://[^\s<>\"]+", text.strip(), re.IGNORECASE)
    return match[0] if match else ""


def find_identifiers(text: str) -> Identifiers:
    """Return the identifiers in `text` and remove them from it."""
    rest, doi = text, ""
    if match := _LABELED_DOI.search(unquote(rest) if "%2f" in rest.lower() else rest):
        rest = match.string
        doi = _trim(match[1])[:MAX_DOI_LENGTH]
        rest = _cut(rest, match.start(), match.start(1) + len(doi))
    found = []
    for patterns in ((_PMID_URL, _PMID), (_PMCID,), (_URL,)):
        value = ""
        for pattern in patterns:
            if match := pattern.search(rest):
                value = value or match[1]
                rest = _cut(rest, match.start(), match.end())
        found.append(value)
    pmid, pmcid, url = found
    return Identifiers(doi, pmid.lstrip("0"), pmcid.upper(), _trim(url), rest)


def _cut(text: str, start: int, end: int) -> str:
    before, after = text[:start].rstrip(" ,;[("), text[end:].lstrip(" .;,])")
    return f"{before} {after}".strip()


def _trim(text: str) -> str:
    """Remove punctuation that ends the sentence, and closing brackets without an opening one."""
    text = text.rstrip(".,;:'’”\"")
    while text and text[-1] in ")]}" and text.count(text[-1]) > text.count("([{"[")]}".index(text[-1])]):
        text = text[:-1].rstrip(".,;:")
    return text
