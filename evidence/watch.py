"""Watch the library: works that were retracted, and DOIs without a page."""

import csv
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from evidence.models import Source
from http_client.client import FetchError, get, get_status
from pagecache.invalidation import CacheScope, invalidate_only

# https://www.doi.org/the-identifier/resources/factsheets/doi-system-proxy-server-documentation
HANDLE_URL = "https://doi.org/api/handles/{}"
CROSSREF_URL = "https://api.crossref.org/works/{}"
CHECK_INTERVAL = timedelta(days=30)
# DOIs that failed once are checked again sooner.
RETRY_INTERVAL = timedelta(days=1)
MAX_BYTES = 4_000_000
# What the notices of Crossref and of Retraction Watch are called here.
NATURES = {
    "retraction": "Retraction",
    "removal": "Retraction",
    "withdrawal": "Retraction",
    "partial_retraction": "Partial retraction",
    "expression_of_concern": "Expression of concern",
}


def due() -> QuerySet[Source]:
    """Return the references with a DOI to check, those not checked for the longest time first."""
    now = timezone.now()
    outdated = Q(link_checked_at=None) | Q(link_checked_at__lt=now - CHECK_INTERVAL)
    failed_once = Q(link_checked_at__lt=now - RETRY_INTERVAL, link_failures=1)
    sources = Source.objects.current().exclude(doi="").filter(outdated | failed_once)
    return sources.order_by("link_checked_at", "pk")


def check_next() -> int:
    """Check the next reference. Return 1, or 0 if there is none to check."""
    if not settings.REFERENCE_LOOKUPS:
        return 0
    for source in due()[:20]:
        # The conditional update claims the row; if this process dies, it is checked again next time.
        with invalidate_only(CacheScope.NONE):
            claimed = due().filter(pk=source.pk).update(link_checked_at=timezone.now())
        if claimed:
            check(source)
            return 1
    return 0


def check(source: Source) -> None:
    """Check the DOI of `source`, and whether Crossref names a retraction. Without an answer, nothing changes."""
    doi = quote(source.doi, safe="")
    with suppress(FetchError):
        status = get_status(HANDLE_URL.format(doi))
        if status in (200, 404):
            failures = source.link_failures + 1 if status == 404 else 0
            with invalidate_only(CacheScope.NONE):
                Source.objects.filter(pk=source.pk, doi=source.doi).update(link_failures=failures)
    with suppress(FetchError, ValueError, RecursionError):
        response = get(CROSSREF_URL.format(doi), max_bytes=MAX_BYTES)
        if response.status == 200:
            _store_notice(source, _crossref_notice(json.loads(response.content)))


def _crossref_notice(answer: Any) -> tuple[str, date | None, str] | None:
    """Return the gravest notice about a work: its nature, date and reason."""
    message = answer.get("message") if isinstance(answer, Mapping) else None
    updates = message.get("updated-by") if isinstance(message, Mapping) else None
    notices = {}
    for update in updates if isinstance(updates, list) else ():
        nature = NATURES.get(str(update.get("type"))) if isinstance(update, Mapping) else None
        if nature:
            notices[nature] = (nature, _date_of(update.get("updated")), "")
    return next((notices[nature] for nature in dict.fromkeys(NATURES.values()) if nature in notices), None)


def _date_of(value: Any) -> date | None:
    with suppress(TypeError, ValueError, KeyError, IndexError):
        return date(*[*value["date-parts"][0], 1, 1][:3])
    return None


def _store_notice(source: Source, notice: tuple[str, date | None, str] | None) -> bool:
    """Store `notice`, unless a notice is known. Visitors see it, so cached pages are invalidated."""
    if notice is None or source.retraction:
        return False
    nature, day, reason = notice
    changes = {"retraction": nature, "retracted_on": day, "retraction_reason": reason[:500]}
    return bool(Source.objects.filter(pk=source.pk, retraction="").update(**changes))


# ---- The file of Retraction Watch ---------------------------------------------------------------------

COLUMNS = ("OriginalPaperDOI", "OriginalPaperPubMedID", "RetractionNature", "RetractionDate", "Reason")


class WrongFileError(Exception):
    """The file is not the CSV of Retraction Watch. The message says what is missing."""


def import_retractions(lines: Iterable[str]) -> list[Source]:
    """Mark the references that the CSV of Retraction Watch lists, and return those newly marked.

    https://gitlab.com/crossref/retraction-watch-data. Raise WrongFileError.
    """
    rows = csv.DictReader(line.replace("\0", "") for line in lines)
    try:
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    except csv.Error as error:
        raise WrongFileError(f"This is not a CSV file: {error}.") from error
    if missing:
        raise WrongFileError(f"The file lacks the column {missing[0]}. Download the CSV of Retraction Watch.")
    sources = Source.objects.current().filter(~Q(doi="") | ~Q(pmid=""))
    by_doi = {source.doi.lower(): source for source in sources if source.doi}
    by_pmid = {source.pmid: source for source in sources if source.pmid}
    latest: dict[int, tuple[date, str, str]] = {}
    for row in _rows(rows):
        doi, pmid = (
            (row.get("OriginalPaperDOI") or "").strip().lower(),
            (row.get("OriginalPaperPubMedID") or "").strip(),
        )
        source = by_doi.get(doi) or by_pmid.get(pmid)
        if source:
            day = _day(row.get("RetractionDate") or "")
            reasons = [reason.strip(" +") for reason in (row.get("Reason") or "").split(";")]
            notice = (day or date.min, (row.get("RetractionNature") or "").strip(), "; ".join(filter(None, reasons)))
            latest[source.pk] = max(latest.get(source.pk, notice), notice)
    marked = []
    for source in sources:
        day, nature, reason = latest.get(source.pk, (date.min, "", ""))
        known = NATURES.get(nature.lower().replace(" ", "_"))
        if known and _store_notice(source, (known, day if day > date.min else None, reason)):
            marked.append(source)
    return marked


def _rows(rows: "csv.DictReader[str]") -> Iterable[dict[str, str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise WrongFileError(f"Line {rows.line_num} cannot be read: {error}.") from error


def _day(text: str) -> date | None:
    for pattern in ("%m/%d/%Y", "%Y-%m-%d"):
        with suppress(ValueError):
            return datetime.strptime(text.split(" ")[0], pattern).date()
    return None
