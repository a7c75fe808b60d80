"""Fetch the details of references from PubMed and doi.org, in the worker.

What is to do follows from the rows, so nothing is lost with a process. Whatever a service answers, the record as typed
stays, and a sentence says what happened. Texts need no look-up: they show what is known.
"""

import json
import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from evidence.citations.record import Record
from evidence.library import find_other, merge
from evidence.models import Source
from http_client.client import FetchError, get
from pagecache.invalidation import CacheScope, invalidate_only

PUBMED_URL = "https://api.ncbi.nlm.nih.gov/lit/ctxp/v1/pubmed/?format=csl&id={}"
DOI_URL = "https://doi.org/{}"
CSL_JSON = "application/vnd.citationstyles.csl+json"
MAX_BYTES = 500_000
MAX_SECONDS = 8.0
# A process that dies during a look-up leaves the row to another one after this time.
LEASE = timedelta(minutes=2)
# Seconds between two requests of a process. PubMed allows three requests a second without a key.
PAUSE = 1.0
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))


_next_request_at = [0.0]


class _NotFoundError(Exception):
    """The service says that there is no such work."""


def due() -> QuerySet[Source]:
    """Return the references to look up now, the oldest first."""
    waiting = Source.objects.current().filter(lookup=Source.Lookup.WAITING)
    return waiting.filter(Q(lookup_at=None) | Q(lookup_at__lte=timezone.now())).order_by("pk")


def look_up_next() -> int:
    """Look up the next reference. Return 1, or 0 if there is none."""
    if not settings.REFERENCE_LOOKUPS:
        return 0
    for source in due()[:20]:
        with invalidate_only(CacheScope.NONE):
            claimed = due().filter(pk=source.pk, lookup_attempts=source.lookup_attempts)
            is_claimed = claimed.update(lookup_at=timezone.now() + LEASE, lookup_attempts=F("lookup_attempts") + 1)
        if is_claimed:
            source.refresh_from_db()
            time.sleep(max(0.0, _next_request_at[0] - time.monotonic()))
            _next_request_at[0] = time.monotonic() + PAUSE
            look_up(source)
            return 1
    return 0


def look_up(source: Source) -> None:
    """Look up `source` now and store the result."""
    service = "PubMed" if source.pmid else "doi.org"
    try:
        record = _fetch(source)
    except _NotFoundError:
        identifier = f"PMID {source.pmid}" if source.pmid else f"DOI {source.doi}"
        _fail(source, f"{service} has no work with the {identifier}. Check it for a typing error.")
    except FetchError:
        _retry(source, f"{service} did not answer.")
    except ValueError:
        _retry(source, f"{service} answered with something else than a reference.")
    else:
        _store(source, record)


def _fetch(source: Source) -> Record:
    """Return the record of a service. Raise _NotFoundError, FetchError or ValueError."""
    if source.pmid:
        response = get(PUBMED_URL.format(quote(source.pmid)), max_bytes=MAX_BYTES, max_seconds=MAX_SECONDS)
    else:
        url = DOI_URL.format(quote(source.doi, safe="/()"))
        headers = {"Accept": CSL_JSON}
        response = get(url, headers=headers, max_bytes=MAX_BYTES, max_seconds=MAX_SECONDS, max_redirects=4)
    if response.status in (404, 410):
        raise _NotFoundError
    if response.status != 200:
        raise FetchError(f"The status is {response.status}.")
    try:
        data: Any = json.loads(response.content)
    except RecursionError as error:
        raise ValueError from error
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        raise ValueError
    record = Record.from_csl(data)
    if not record.title:
        raise ValueError
    return record


def _store(source: Source, record: Record) -> None:
    """Complete `source`; what is there stays. A work with another title is not the one that was meant."""
    # The row may have changed during the request.
    source.refresh_from_db()
    if source.merged_into_id:
        return
    if source.title and not _is_same_title(source.title, record.title):
        identifier = f"PMID {source.pmid}" if source.pmid else f"DOI {source.doi}"
        _fail(source, f"The {identifier} is that of “{record.title[:90]}”. Check the number.")
        return
    try:
        _save(source, record)
    except IntegrityError:
        # The service gave an identifier that another row has: they are the same work.
        source.refresh_from_db()
        if other := find_other(source, record):
            _save(merge(min(source, other, key=lambda each: each.pk), [source, other]), record)


def _save(source: Source, record: Record) -> None:
    source.fill(record)
    source.lookup, source.lookup_result = Source.Lookup.DONE, ""
    with transaction.atomic():
        source.save()


def _is_same_title(one: str, other: str) -> bool:
    """Return whether most words of the shorter title are in the longer one."""
    words = [set(re.findall(r"\w+", title.casefold())) for title in (one, other)]
    shorter, longer = sorted(words, key=len)
    return len(shorter & longer) >= 0.5 * len(shorter)


def _retry(source: Source, reason: str) -> None:
    """Try again later, less and less often; after the last attempt, leave the details to the author."""
    attempt = source.lookup_attempts
    if attempt > len(RETRY_AFTER):
        _fail(source, f"{reason} Add what is missing by hand.")
        return
    later = timezone.now() + RETRY_AFTER[max(0, attempt - 1)]
    _update(source, lookup_at=later, lookup_result=f"{reason} It is asked again later.")


def _fail(source: Source, reason: str) -> None:
    _update(source, lookup=Source.Lookup.FAILED, lookup_result=reason[:200])


def _update(source: Source, **changes: Any) -> None:
    # Visitors see no difference.
    with invalidate_only(CacheScope.NONE):
        Source.objects.filter(pk=source.pk, lookup=Source.Lookup.WAITING).update(**changes)
