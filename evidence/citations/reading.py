"""Read whatever people paste: identifiers, exports and typed citations, one or many."""

import re

from evidence.citations.exports import read_exports
from evidence.citations.identifiers import clean_doi, clean_pmid
from evidence.citations.record import Record
from evidence.citations.typed import parse_typed
from plaintext.characters import strip_control_characters

MAX_LENGTH = 200_000
MAX_RECORDS = 200
# Longer pieces are not references but articles.
MAX_CITATION = 2000
_NUMBERED = re.compile(r"^\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}[.):])\s+", re.MULTILINE)


class UnreadableError(Exception):
    """The text is no reference. The message says what to do."""


def read_references(text: str) -> list[Record]:
    """Return a record for each reference in `text`, in order. Raise UnreadableError."""
    if len(text) > MAX_LENGTH:
        raise UnreadableError(f"This text is longer than {MAX_LENGTH:,} characters. Paste fewer references at a time.")
    text = strip_control_characters(text).strip()
    if not text:
        raise UnreadableError("Paste a PMID, a DOI, a citation, or an RIS or BibTeX entry.")
    records = read_exports(text)
    if records is None:
        records = [_read_one(piece) for piece in split_citations(text)]
    records = [record for record in records if not record.is_empty()]
    if not records:
        raise UnreadableError("No reference was recognized. Paste a PMID, a DOI or a citation with its year.")
    if len(records) > MAX_RECORDS:
        raise UnreadableError(f"These are {len(records):,} references. Paste {MAX_RECORDS} at a time.")
    return records


def split_citations(text: str) -> list[str]:
    """Return the citations in `text`: PubMed numbers, numbered citations, paragraphs, or lines."""
    words = re.split(r"[,;\s]+", text.strip(" ,;\n"))
    if all(clean_doi(word) or len(clean_pmid(word)) > 4 for word in words[:MAX_RECORDS]) and len(text) < MAX_CITATION:
        return words
    starts = [match.start() for match in _NUMBERED.finditer(text)]
    if len(starts) > 1 and not text[: starts[0]].strip():
        pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    elif re.search(r"\n\s*\n", text):
        pieces = re.split(r"\n\s*\n", text)
    else:
        lines = text.splitlines()
        # A citation broken into lines, as from a PDF: its lines do not look like citations.
        pieces = lines if all(_looks_complete(line) for line in lines if line.strip()) else [text]
    return [" ".join(piece.split()) for piece in pieces if piece.strip()]


def _looks_complete(line: str) -> bool:
    if clean_pmid(line) or (clean_doi(line) and len(line.split()) <= 2):
        return True
    return bool(re.search(r"\b(?:1[6-9]|20)\d\d\b|10\.\d{4,9}/", line)) and len(line) > 25


def _read_one(text: str) -> Record:
    if len(text) > MAX_CITATION:
        raise UnreadableError(
            f"“{text[:60]}…” is longer than {MAX_CITATION:,} characters. Put an empty line between references."
        )
    if pmid := clean_pmid(text):
        return Record(pmid=pmid)
    if (doi := clean_doi(text)) and len(text.split()) <= 2:
        return Record(doi=doi)
    record = parse_typed(text)
    # Words without a year and without an identifier are a sentence rather than a reference.
    if record.year or record.doi or record.pmid or record.pmcid or record.url:
        return record
    return Record()
