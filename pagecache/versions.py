"""Read the version tokens, once per request."""

from typing import NamedTuple

from django.db import DatabaseError, connection
from django.http import HttpRequest

from pagecache.models import ALL_PAGES, ALL_TEXTS, CacheVersion
from pagecache.version_connection import version_connection

# Every cached page costs this query, so it is plain SQL: the ORM takes ten times as long to build it.
_SQL = f"SELECT path, token FROM {CacheVersion._meta.db_table} WHERE path IN (%s, %s, %s)"  # noqa: S608 - a constant

# Where the WSGI environment has the versions that were read before Django created the request.
VERSIONS_KEY = "pagecache.versions"


class Versions(NamedTuple):
    """Tokens that change with what pages show.

    `site` changes with anything that all pages show, `page` also with the document at the requested path, `texts` also
    with the text of any document.
    """

    site: str
    page: str
    texts: str


def versions_of(request: HttpRequest, *, is_fresh: bool = False) -> Versions:
    """Return the versions for the requested path, read again if `is_fresh`."""
    versions: Versions | None = getattr(request, "cache_versions", None) or request.META.get(VERSIONS_KEY)
    if versions is None or is_fresh:
        versions = request.cache_versions = read_versions(request.path)  # type: ignore[attr-defined]
    return versions


def read_versions(path: str = ALL_PAGES) -> Versions:
    """Return the current versions for `path`."""
    path = _without_nul(path)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [ALL_PAGES, ALL_TEXTS, path])
        return _to_versions(path, cursor.fetchall())


def read_versions_first(path: str) -> Versions | None:
    """Return the versions for `path` at less cost, before Django handles the request; None if that fails."""
    if connection.vendor != "postgresql":
        try:
            return read_versions(path)
        except DatabaseError:
            return None
    path = _without_nul(path)
    rows = version_connection.fetch(_SQL, [ALL_PAGES, ALL_TEXTS, path])
    return None if rows is None else _to_versions(path, rows)


def _without_nul(path: str) -> str:
    # PostgreSQL rejects NUL in a parameter, and no page has such a path.
    return ALL_PAGES if "\x00" in path else path


def _to_versions(path: str, rows: list[tuple[str, str]]) -> Versions:
    tokens = dict(rows)
    site = tokens.get(ALL_PAGES, "")
    return Versions(site, f"{site} {tokens.get(path, '')}", f"{site} {tokens.get(ALL_TEXTS, '')}")
