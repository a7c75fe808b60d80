"""Read the version tokens, once per request."""

from typing import NamedTuple

from django.db import connection
from django.http import HttpRequest

from pagecache.models import ALL_PAGES, ALL_TEXTS, CacheVersion

# Every cached page costs this query, so it is plain SQL: the ORM takes ten times as long to build it.
_SQL = f"SELECT path, token FROM {CacheVersion._meta.db_table} WHERE path IN (%s, %s, %s)"  # noqa: S608 - a constant


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
    versions: Versions | None = getattr(request, "cache_versions", None)
    if versions is None or is_fresh:
        versions = request.cache_versions = read_versions(request.path)  # type: ignore[attr-defined]
    return versions


def read_versions(path: str = ALL_PAGES) -> Versions:
    """Return the current versions for `path`."""
    if "\x00" in path:
        path = ALL_PAGES  # PostgreSQL rejects NUL in a parameter, and no page has such a path
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [ALL_PAGES, ALL_TEXTS, path])
        tokens = dict(cursor.fetchall())
    site = tokens.get(ALL_PAGES, "")
    return Versions(site, f"{site} {tokens.get(path, '')}", f"{site} {tokens.get(ALL_TEXTS, '')}")
