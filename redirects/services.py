"""How addresses move: what leads where, without chains or loops.

Kept true by every writer here: no row leads to what is itself an old address, so one step is always enough, and no
walk along rows can come back. Writers queue (`one_at_a_time`), since two moves at once could make a chain that
neither sees. Patterns are the exception, since what they cover is not known beforehand: `resolve` follows them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import unquote

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from redirects.models import NotFound, Redirect
from redirects.normalize import is_clean, key_of, key_of_target, ways_to
from redirects.url_registry import are_known as places_are_known
from redirects.url_registry import why_dead

# Any number that no other lock of this database has.
_LOCK = 7_301_410
_FEEDS = ("/feed/atom", "/feed")


class CircleError(Exception):
    """That a redirect would lead readers back to where they came from. Says so in a sentence."""

    def __init__(self, row: Redirect) -> None:
        super().__init__(
            f"This would lead readers in a circle: {row.target} leads back to {row.old_path}. "
            "Choose another new address."
        )


class Answer(NamedTuple):
    """Where an old address leads: 301, 302 or 410, the address (none for 410), and the row that says so."""

    kind: int
    address: str
    key: int


def remember(old: str, new: str, origin: str = Redirect.Origin.RENAMED) -> None:
    """A page has moved from the path `old` to `new`: readers of the old one are led there, and so is whoever was
    led to the old one. Nothing leads away from `new` any more, so moving back works. Call it in the save's transaction.
    """
    remember_all({old: new}, origin)


def remember_all(moves: dict[str, str], origin: str = Redirect.Origin.RENAMED) -> None:
    """As `remember`, for pages that move at the same moment, such as a topic and those below it."""
    rows = []
    for old, new in moves.items():
        row = Redirect(old_path=key_of(old), origin=origin)
        row.lead_to(new, Redirect.Kind.PERMANENT)
        if row.old_path != row.target_path and is_clean(row.old_path):
            rows.append(row)
    with one_at_a_time():
        Redirect.objects.filter(old_path__in=[row.target_path for row in rows]).delete()
        store(rows)


@contextmanager
def following(row: Any) -> Iterator[None]:
    """Save `row` inside: whoever asks for its stored address is led to the new one, in the same transaction.

    Only if readers could open it before (`is_published`, where a row has that; others are always public). A row that
    becomes public at an address takes it over from a redirect.
    """
    with transaction.atomic():
        stored = type(row)._default_manager.select_for_update().filter(pk=row.pk) if row.pk else ()
        public = (before.get_absolute_url() for before in stored if getattr(before, "is_published", True))
        old = unquote(next(public, ""))
        yield
        new = row.get_absolute_url()
        if old and old != unquote(new):
            remember(old, new)
        elif not old and getattr(row, "is_published", True):
            release(unquote(new))


def release(path: str) -> None:
    """The path `path` has a page now: nothing leads away from it any more, and nobody misses it."""
    Redirect.objects.filter(old_path=key_of(path)).delete()
    NotFound.objects.filter(path=key_of(path)).delete()


def led_to(path: str) -> str:
    """Where the path `path`, and no other, leads by a redirect of its own; "" if nowhere."""
    return Redirect.objects.filter(old_path=key_of(path)).values_list("target", flat=True).first() or ""


def store(rows: Sequence[Redirect]) -> None:
    """Store `rows`, whose old addresses differ, all or none, each leading straight to the end of its chain.

    A row with the same old address is replaced; its hits stay. Raises CircleError when one would lead in a circle.
    """
    with one_at_a_time():
        if circular := flatten(rows):
            raise CircleError(circular[0])
        new = {row.old_path: row for row in rows}
        followers = list(Redirect.objects.filter(target_path__in=new).exclude(old_path__in=new))
        for row in followers:
            end = new[row.target_path]
            row.lead_to(end.target, end.kind if end.kind == Redirect.Kind.GONE else None)
        Redirect.objects.bulk_update(followers, ["target", "target_path", "kind"], batch_size=200)
        for row in rows:
            if row.pk:
                row.save()
        Redirect.objects.bulk_create(
            [row for row in rows if not row.pk],
            batch_size=500,
            update_conflicts=True,
            unique_fields=["old_path"],
            update_fields=["target", "target_path", "kind", "origin", "note"],
        )
        _forget_missing(new)


def flatten(rows: Sequence[Redirect]) -> list[Redirect]:
    """Let each of `rows` lead straight to the end of its chain, in these rows and the stored ones; unsaved.

    Those that lead in a circle are given back, as they were. One query; linear, however long the chains.
    """
    new = {row.old_path: row for row in rows}
    wanted = {row.target_path for row in rows if row.target_path and row.target_path not in new}
    # A row that is changed here does not stand at its former old address any more.
    changed = [row.pk for row in rows if row.pk]
    known = {row.old_path: row for row in Redirect.objects.filter(old_path__in=wanted).exclude(pk__in=changed)}
    circular: dict[str, Redirect] = {}
    for row in rows:
        way: dict[str, Redirect] = {}
        end: Redirect | None = row
        while end is not None and end.old_path not in way and end.old_path not in circular:
            way[end.old_path] = last = end
            end = new.get(end.target_path) or known.get(end.target_path)
        if end is not None:
            circular |= {old: each for old, each in way.items() if old in new}
            continue
        for each in way.values():
            if each is not last:
                each.lead_to(last.target, last.kind if last.kind == Redirect.Kind.GONE else None)
    return list(circular.values())


def resolve(path: str) -> Answer | None:
    """Where the decoded path `path` leads; None when nothing is known of it.

    One indexed query. A pattern's answer is looked up in turn, up to five times, unless it has a page; one that comes
    back is no answer. A list's feeds move with it.
    """
    visited: set[str] = set()
    while is_clean(path) and key_of(path) not in visited and len(visited) < 5:
        visited.add(key_of(path))
        found = _lookup(path)
        if found is None:
            return None
        row, address = found
        if key_of_target(address) in visited:
            return None
        if not row.is_pattern or not _leads_on(key_of_target(address)):
            return Answer(row.kind, address, row.pk)
        path = key_of_target(address)
    return None


def count_hit(key: int) -> None:
    """One reader more was led by the row `key`. Exact however many come at once."""
    Redirect.objects.filter(pk=key).update(hits=F("hits") + 1, last_hit_at=timezone.now())


def _lookup(path: str) -> tuple[Redirect, str] | None:
    """The nearest row for `path`, and where that leads."""
    key = key_of(path)
    list_of_feed = next((key.removesuffix(end) for end in _FEEDS if key.endswith(end) and key != end), "")
    ways = ways_to(key)
    if list_of_feed:
        ways.insert(1, list_of_feed)
    rows = {row.old_path: row for row in Redirect.objects.filter(old_path__in=ways)}
    for way in ways:
        if row := rows.get(way):
            break
    else:
        return None
    if way == list_of_feed and row.target_path and "?" not in row.target and "#" not in row.target:
        return row, f"{row.target.rstrip('/')}{key.removeprefix(list_of_feed)}/"
    if row.is_pattern and row.target.endswith("*"):
        # From the path as it was asked for: another site may tell capitals apart.
        rest = [part for part in path.split("/") if part][row.old_path.count("/") - 1 :]
        slash = "/" if rest and path.endswith("/") else ""
        return row, f"{row.target[:-1]}{escape_uri_path('/'.join(rest))}{slash}"
    return row, row.target


def _leads_on(key: str) -> bool:
    """Whether a redirect would be asked at `key`: it has one, and no page."""
    return bool(key) and Redirect.objects.filter(old_path__in=ways_to(key)).exists() and bool(why_dead([key]))


def forget_answered() -> int:
    """Take what has a page or a redirect by now off the list of addresses that were not found; how many. For the
    worker."""
    paths = set(NotFound.objects.values_list("path", flat=True))
    dead = why_dead(paths)
    answered = {path for path in paths if path not in dead} if places_are_known() else set()
    answered |= set(Redirect.objects.filter(old_path__in=paths).values_list("old_path", flat=True))
    return NotFound.objects.filter(path__in=answered).delete()[0]


def _forget_missing(old_paths: Iterable[str]) -> None:
    """Take what leads somewhere now off the list of addresses that were not found."""
    NotFound.objects.filter(path__in=old_paths).delete()
    for path in old_paths:
        if path.endswith("/*"):
            NotFound.objects.filter(path__startswith=path[:-1]).delete()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """A transaction that no other writer of redirects runs beside. SQLite has one writer by itself."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield
