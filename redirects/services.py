"""Create, follow and delete redirects without chains or loops.

Every function here keeps one rule: no target is the old path of another redirect, so one step is always enough. Writers
take `redirect_lock()`, because two concurrent changes could create a chain that neither sees. Patterns are the
exception, since the paths they match are not known in advance; `resolve_redirect` follows them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from redirects import url_registry
from redirects.models import NotFoundLog, Redirect
from redirects.normalize import (
    is_valid_path,
    matching_old_paths,
    matching_queries,
    normalize_path,
    normalize_query,
    normalize_target,
)

# An arbitrary key that no other advisory lock in this database uses.
_LOCK_ID = 7_301_410
_FEED_SUFFIXES = ("/feed/atom", "/feed")
_MAX_STEPS = 5


class RedirectLoop(Exception):  # noqa: N818 - the field's name for it
    """Raised when a redirect would send visitors back to where they came from."""

    def __init__(self, row: Redirect) -> None:
        super().__init__(
            f"This would create a redirect loop: {row.target} redirects back to {row.old_path}. Enter another new URL."
        )


class Resolution(NamedTuple):
    """The redirect that applies to a URL."""

    status_code: int
    # Empty for 410.
    url: str
    pk: int
    # The names of the parameters that the redirect is for, and that are not passed on.
    parameters: frozenset[str]


def create_redirect(old: str, new: str, origin: str = Redirect.Origin.RENAMED) -> None:
    """Redirect the path `old` to `new`, and everything that redirected to `old` as well.

    A redirect away from `new` is deleted, so renaming back works. Call it in the transaction of the change.
    """
    create_redirects({old: new}, origin)


def create_redirects(new_by_old: dict[str, str], origin: str = Redirect.Origin.RENAMED) -> None:
    """Create redirects for paths that change together, such as a category and its subcategories."""
    rows = []
    for old, new in new_by_old.items():
        row = Redirect(old_path=normalize_path(old), origin=origin)
        row.set_target(new, Redirect.StatusCode.PERMANENT)
        if row.old_path != row.target_path and is_valid_path(row.old_path):
            rows.append(row)
    with redirect_lock():
        Redirect.objects.filter(old_path__in=[row.target_path for row in rows]).delete()
        save_redirects(rows)


@contextmanager
def track_path_change(row: Any) -> Iterator[None]:
    """Record a redirect if the URL of `row`, saved inside this block, changes.

    Rows that were not public before (`is_published` is False) leave no redirect. A row that becomes public deletes
    the redirect at its URL. Everything happens in one transaction.
    """
    with transaction.atomic():
        old = _public_path(row)
        yield
        new = row.get_absolute_url()
        if old and old != unquote(new):
            create_redirect(old, new)
        elif not old and getattr(row, "is_published", True):
            delete_redirect(unquote(new))


def delete_redirect(path: str) -> None:
    """Delete the redirect and the 404 log entry of `path`, which now has a page."""
    delete_redirects([path])


def delete_redirects(paths: Iterable[str]) -> None:
    """Delete the redirects and the 404 log entries of `paths`, which now have pages."""
    normalized = [normalize_path(path) for path in paths]
    Redirect.objects.filter(old_path__in=normalized).delete()
    NotFoundLog.objects.filter(path__in=normalized).delete()


def final_target(path: str) -> str:
    """Return the target of the redirect for exactly `path`, or ""."""
    return Redirect.objects.filter(old_path=normalize_path(path)).values_list("target", flat=True).first() or ""


def save_redirects(rows: Sequence[Redirect]) -> None:
    """Save `rows`, whose old paths differ, all or none, with chains flattened.

    A stored redirect with the same old path is replaced and keeps its hits. Raises RedirectLoop for a loop.
    """
    with redirect_lock():
        if looping := flatten_chains(rows):
            raise RedirectLoop(looping[0])
        new = {row.old_path: row for row in rows}
        _retarget_rows_pointing_to(new)
        for row in rows:
            if row.pk:
                row.save()
        Redirect.objects.bulk_create(
            [row for row in rows if not row.pk],
            batch_size=500,
            update_conflicts=True,
            unique_fields=["old_path"],
            update_fields=["target", "target_path", "status_code", "origin", "note"],
        )
        _delete_log_entries(new)


def flatten_chains(rows: Sequence[Redirect]) -> list[Redirect]:
    """Point each of `rows` straight at the end of its chain, through `rows` and stored redirects, without saving.

    Returns the rows that form a loop, unchanged. One query, and linear time in the length of the chains.
    """
    new = {row.old_path: row for row in rows}
    targets = {row.target_path for row in rows if row.target_path and row.target_path not in new}
    # A row being changed no longer occupies its former old path.
    changed = [row.pk for row in rows if row.pk]
    stored = {row.old_path: row for row in Redirect.objects.filter(old_path__in=targets).exclude(pk__in=changed)}
    looping: dict[str, Redirect] = {}
    for row in rows:
        chain: dict[str, Redirect] = {}
        step: Redirect | None = row
        while step is not None and step.old_path not in chain and step.old_path not in looping:
            chain[step.old_path] = last = step
            step = new.get(step.target_path) or stored.get(step.target_path)
        if step is not None:
            looping |= {old: each for old, each in chain.items() if old in new}
            continue
        for each in chain.values():
            if each is not last:
                _copy_target(last, each)
    return list(looping.values())


def resolve_redirect(path: str, query: str = "") -> Resolution | None:
    """Return the redirect for the decoded `path` with the encoded `query`, or None.

    One indexed query. A redirect for some of the parameters wins over one for the path alone. The target of a pattern,
    or one with a query string, is looked up in turn, up to five times, unless it has a page; a loop gives None. Feeds
    follow their list: /category/a/feed/ is redirected with /category/a/.
    """
    visited: set[str] = set()
    while is_valid_path(path) and len(visited) < _MAX_STEPS:
        visited.add(_normalize(path, query))
        match = _find_match(path, query)
        if match is None:
            return None
        row, url = match
        target, target_query = normalize_target(url), urlsplit(url).query if url.startswith("/") else ""
        if _normalize(target, target_query) in visited:
            return None
        may_be_redirected = row.is_pattern or target_query
        if not (may_be_redirected and _has_redirect_and_no_page(target, target_query)):
            names = {name for name, _ in parse_qsl(urlsplit(row.old_path).query, keep_blank_values=True)}
            return Resolution(row.status_code, url, row.pk, frozenset(names))
        path, query = target, target_query
    return None


def count_hit(pk: int) -> None:
    """Count one use of the redirect `pk`, exactly even under concurrency."""
    Redirect.objects.filter(pk=pk).update(hits=F("hits") + 1, last_hit_at=timezone.now())


def prune_not_found_log() -> int:
    """Delete 404 log entries that now have a page or a redirect. Return how many were deleted."""
    paths = set(NotFoundLog.objects.values_list("path", flat=True))
    answered = set(Redirect.objects.filter(old_path__in=paths).values_list("old_path", flat=True))
    if url_registry.has_sources():
        answered |= paths - set(url_registry.broken_reasons(paths))
    return NotFoundLog.objects.filter(path__in=answered).delete()[0]


@contextmanager
def redirect_lock() -> Iterator[None]:
    """Open a transaction in which no one else changes redirects. SQLite allows only one writer anyway."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_ID])
        yield


def _public_path(row: Any) -> str:
    """Return the decoded path at which the stored version of `row` is public, or ""; locks the row."""
    if not row.pk:
        return ""
    stored = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    if stored is None or not getattr(stored, "is_published", True):
        return ""
    return unquote(stored.get_absolute_url())


def _copy_target(source: Redirect, row: Redirect) -> None:
    """Give `row` the target of `source`. A 410 replaces the status code; otherwise `row` keeps its own."""
    is_gone = source.status_code == Redirect.StatusCode.GONE
    row.set_target(source.target, source.status_code if is_gone else None)


def _retarget_rows_pointing_to(new: dict[str, Redirect]) -> None:
    """Update stored redirects whose target is the old path of a row in `new`."""
    rows = list(Redirect.objects.filter(target_path__in=new).exclude(old_path__in=new))
    for row in rows:
        _copy_target(new[row.target_path], row)
    Redirect.objects.bulk_update(rows, ["target", "target_path", "status_code"], batch_size=200)


def _find_match(path: str, query: str) -> tuple[Redirect, str] | None:
    """Return the most specific redirect for `path` with `query`, and the URL it gives."""
    key = normalize_path(path)
    feed_list = next((key.removesuffix(end) for end in _FEED_SUFFIXES if key.endswith(end) and key != end), "")
    candidates = _old_urls(key, query)
    if feed_list:
        candidates.insert(candidates.index(key) + 1, feed_list)
    rows = {row.old_path: row for row in Redirect.objects.filter(old_path__in=candidates)}
    match = next((candidate for candidate in candidates if candidate in rows), None)
    if match is None:
        return None
    row = rows[match]
    if match == feed_list and row.target_path and "?" not in row.target and "#" not in row.target:
        feed = f"{row.target.rstrip('/')}{key.removeprefix(feed_list)}/"
        # A post has no feed, so the feed of its comments leads to the post.
        return row, row.target if url_registry.broken_reasons([unquote(feed)]) else feed
    if row.is_pattern and row.target.endswith("*"):
        # Use the path as requested: another site may be case-sensitive.
        rest = [part for part in path.split("/") if part][row.old_path.count("/") - 1 :]
        slash = "/" if rest and path.endswith("/") else ""
        return row, f"{row.target[:-1]}{escape_uri_path('/'.join(rest))}{slash}"
    return row, row.target


def _normalize(path: str, query: str) -> str:
    return f"{normalize_path(path)}?{normalize_query(query)}"


def _old_urls(path: str, query: str) -> list[str]:
    """Return the old URLs that would match the normalized `path` with `query`, most specific first."""
    return [f"{path}?{part}" for part in matching_queries(query)] + matching_old_paths(path)


def _has_redirect_and_no_page(path: str, query: str) -> bool:
    if not path or not Redirect.objects.filter(old_path__in=_old_urls(path, query)).exists():
        return False
    return bool(url_registry.broken_reasons([path]))


def _delete_log_entries(old_paths: Iterable[str]) -> None:
    """Delete 404 log entries that the redirects of `old_paths` now handle."""
    NotFoundLog.objects.filter(path__in=old_paths).delete()
    for path in old_paths:
        if path.endswith("/*"):
            NotFoundLog.objects.filter(path__startswith=path[:-1]).delete()
