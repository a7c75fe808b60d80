"""Count the page views in finished files: a few statements per batch, however many views it holds.

A file and its counts are committed together with its name, so a worker that is killed at any point counts each view
once.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import batched
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from analytics import spool
from analytics.models import (
    OTHER,
    AppliedBatch,
    CountedPage,
    DailyVisitor,
    HostCount,
    PageCount,
    SearchCount,
    VitalCount,
)
from analytics.page_types import page_type
from pagecache.invalidation import CacheScope, invalidate_only
from publishing.document_paths import documents_at
from redirects import url_registry

log = logging.getLogger(__name__)

THREAD_NAME = "page views"
# What counts for one visitor and day: of one page, and of the whole site.
MAX_VIEWS_OF_PAGE, MAX_VIEWS = 20, 300
# The hosts stored per page, direction and day, and the searches per day. All others are counted as one.
MAX_HOSTS, MAX_SEARCHES = 20, 300
_BATCH_SIZE = 500


@dataclass
class _Batch:
    """The views of one day in one file."""

    views: defaultdict[tuple[str, str], list[list[Any]]] = field(default_factory=lambda: defaultdict(list))
    clicks: Counter[tuple[str, str]] = field(default_factory=Counter)
    vitals: Counter[tuple[str, str, int]] = field(default_factory=Counter)


def count_page_views() -> int:
    """Count all finished files. Return their number."""
    files = spool.finished_files()
    for file in files:
        count_file(file)
    return len(files)


def count_neglected_views() -> None:
    """Count in a thread what no worker on this machine counts, such as on a web server with its workers elsewhere."""
    if spool.has_neglected_files():
        Thread(target=_count_and_disconnect, name=THREAD_NAME, daemon=True).start()


def _count_and_disconnect() -> None:
    try:
        count_page_views()
    except DatabaseError:
        log.exception("Page views are not counted yet")
    finally:
        connection.close()


def count_file(file: Path) -> None:
    """Count the views of one file and delete it. Does nothing if another worker has counted it."""
    try:
        records = list(spool.read(file))
    except FileNotFoundError:
        return
    with invalidate_only(CacheScope.NONE), transaction.atomic():
        # Locks the others out until the end, so that a visitor of two files counts once.
        site, _ = CountedPage.objects.select_for_update().get_or_create(path="", defaults={"kind": ""})
        _, is_new = AppliedBatch.objects.get_or_create(name=file.name)
        for day, batch in _group(records).items() if is_new else ():
            _count_day(day, batch, site)
    file.unlink(missing_ok=True)


def _group(records: Iterable[list[Any]]) -> dict[date, _Batch]:
    batches: defaultdict[date, _Batch] = defaultdict(_Batch)
    for day, visitor, kind, path, *values in records:
        batch = batches[date.fromisoformat(day)]
        if kind == "view":
            batch.views[visitor, path].append(values)
        elif kind == "click":
            batch.clicks[path, values[0]] += 1
        else:
            batch.vitals.update((path, metric, bucket) for metric, bucket in values[0].items())
    return dict(batches)


def _count_day(day: date, batch: _Batch, site: CountedPage) -> None:
    paths = {path for _, path in batch.views} | {path for path, _ in batch.clicks} | {path for path, *_ in batch.vitals}
    pages = _existing_pages(paths)
    _count_views(day, batch, pages, site)
    _count_hosts(day, Counter({(pages[p].pk, True, host): n for (p, host), n in batch.clicks.items() if p in pages}))
    vitals: defaultdict[tuple[str, str, int, date], Counter[str]] = defaultdict(Counter)
    for (path, metric, bucket), count in batch.vitals.items():
        if path in pages:
            vitals[pages[path].kind, metric, bucket, day]["count"] += count
    VitalCount.objects.add_counts(("kind", "metric", "bucket", "day"), vitals)


def _existing_pages(paths: set[str]) -> dict[str, CountedPage]:
    """Return the rows of those of `paths` that have a page, and create the missing ones."""
    known = {page.path: page for page in CountedPage.objects.filter(path__in=paths)}
    broken = {path.strip("/") for path in url_registry.broken_reasons(paths)}
    live = {path for path in paths if path.strip("/") not in broken}
    documents = {f"/{getattr(each, each.path_field)}/": each for each in documents_at(path.strip("/") for path in live)}
    for path in live:
        document = documents.get(path)
        kind = str(document._meta.model_name) if document else page_type(path)
        page = known.get(path)
        if page is None or (page.kind, page.document_id) != (kind, document and document.pk):
            values = {"kind": kind, "document_id": document.pk if document else None}
            known[path], _ = CountedPage.objects.update_or_create(path=path, defaults=values)
    return {path: known[path] for path in live}


def _count_views(day: date, batch: _Batch, pages: Mapping[str, CountedPage], site: CountedPage) -> None:
    counts: defaultdict[tuple[int, date], Counter[str]] = defaultdict(Counter)
    hosts: Counter[tuple[int, bool, str]] = Counter()
    searches: defaultdict[str, Counter[str]] = defaultdict(Counter)
    seen = _views_so_far(day, {visitor for visitor, _ in batch.views})
    changed: set[tuple[str, int]] = set()
    for (visitor, path), views in batch.views.items():
        if path not in pages:
            continue
        for device, is_entry, host, words, is_empty in views:
            page = pages[path].pk
            if seen[visitor, page] >= MAX_VIEWS_OF_PAGE or seen[visitor, site.pk] >= MAX_VIEWS:
                break
            for pk in (page, site.pk):
                numbers = counts[pk, day]
                numbers.update(
                    {"views": 1, "visitors": int(not seen[visitor, pk]), "entries": int(is_entry), device: 1}
                )
                seen[visitor, pk] += 1
                changed.add((visitor, pk))
            if is_entry:
                hosts[page, False, host] += 1
            if words:
                searches[words].update({"count": 1, "without_results": int(is_empty)})
    PageCount.objects.add_counts(("page_id", "day"), counts)
    _remember_visitors(day, seen, sorted(changed))
    _count_hosts(day, hosts)
    _count_searches(day, searches)


def _views_so_far(day: date, visitors: set[str]) -> Counter[tuple[str, int]]:
    """Return how often each of `visitors` has opened each page today."""
    seen: Counter[tuple[str, int]] = Counter()
    for some in batched(sorted(visitors), _BATCH_SIZE):
        rows = DailyVisitor.objects.filter(day=day, visitor__in=some)
        seen.update({(visitor, page): views for visitor, page, views in rows.values_list("visitor", "page", "views")})
    return seen


def _remember_visitors(day: date, seen: Mapping[tuple[str, int], int], changed: Iterable[tuple[str, int]]) -> None:
    rows = [DailyVisitor(day=day, visitor=key[0], page_id=key[1], views=seen[key]) for key in changed]
    DailyVisitor.objects.bulk_create(
        rows,
        batch_size=_BATCH_SIZE,
        update_conflicts=True,
        unique_fields=("visitor", "page", "day"),
        update_fields=("views",),
    )


def _count_hosts(day: date, hosts: Mapping[tuple[int, bool, str], int]) -> None:
    """Add to the hosts of each page. Those beyond MAX_HOSTS count as OTHER."""
    stored: defaultdict[tuple[int, bool], set[str]] = defaultdict(set)
    rows = HostCount.objects.filter(day=day, page__in={page for page, *_ in hosts})
    for page, is_outbound, host in rows.order_by().values_list("page", "is_outbound", "host"):
        stored[page, is_outbound].add(host)
    counts: defaultdict[tuple[int, bool, str, date], Counter[str]] = defaultdict(Counter)
    for (page, is_outbound, host), count in hosts.items():
        name = _bounded(host, stored[page, is_outbound], MAX_HOSTS)
        counts[page, is_outbound, name, day]["count"] += count
    HostCount.objects.add_counts(("page_id", "is_outbound", "host", "day"), counts)


def _count_searches(day: date, searches: Mapping[str, Counter[str]]) -> None:
    if not searches:
        return
    stored = set(SearchCount.objects.filter(day=day).order_by().values_list("words", flat=True))
    counts: defaultdict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for words, numbers in searches.items():
        counts[_bounded(words, stored, MAX_SEARCHES), day].update(numbers)
    SearchCount.objects.add_counts(("words", "day"), counts)


def _bounded(name: str, stored: set[str], limit: int) -> str:
    """Return `name` if it is among the first `limit` names, and OTHER otherwise."""
    if name not in stored and len(stored) >= limit:
        return OTHER
    stored.add(name)
    return name


def delete_old_counts() -> int:
    """Delete counts older than ANALYTICS_DAYS, and the names of batches whose files are long gone."""
    before = timezone.localdate() - timedelta(days=settings.ANALYTICS_DAYS)
    with invalidate_only(CacheScope.NONE):
        old = [
            model._default_manager.filter(day__lt=before) for model in (PageCount, HostCount, VitalCount, SearchCount)
        ]
        batches = AppliedBatch.objects.filter(applied_at__lt=timezone.now() - timedelta(days=1))
        return sum(rows.delete()[0] for rows in (*old, batches))


def delete_old_visitors() -> int:
    """Delete the codes of the visitors of past days."""
    with invalidate_only(CacheScope.NONE):
        return DailyVisitor.objects.filter(day__lt=timezone.localdate()).delete()[0]
