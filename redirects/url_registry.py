"""A registry of the site's URLs. Apps above register their pages, because redirects may not import them."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import NamedTuple

from redirects.normalize import normalize_path


class UrlSource(NamedTuple):
    """The lookups an app registers. Paths have no leading or trailing slash."""

    # Takes paths, returns those without a page and why.
    broken_reasons: Callable[[set[str]], dict[str, str]]
    # Returns every path with a page, for suggestions.
    live_paths: Callable[[], Iterable[str]]


_sources: list[UrlSource] = []


def register(source: UrlSource) -> None:
    """Add a source. Call this in `AppConfig.ready` of the app that owns the pages."""
    _sources.append(source)


def has_sources() -> bool:
    """Return whether any app has registered its URLs."""
    return bool(_sources)


def broken_reasons(paths: Iterable[str]) -> dict[str, str]:
    """Return the normalized `paths` that have no page, each with the reason; empty if no source is registered."""
    wanted = {path.strip("/") for path in paths}
    found: dict[str, str] = {}
    for source in _sources if wanted else ():
        found |= source.broken_reasons(wanted)
    return {f"/{path}": reason for path, reason in found.items()}


def closest_path(path: str) -> str:
    """Return the live path most similar to the normalized `path`, or "".

    If no whole path is similar, the last segments are compared, since old URLs often had a date or category in front.
    """
    live = {normalize_path(each): each for source in _sources for each in source.live_paths()}
    matches = get_close_matches(path, live, n=1, cutoff=0.75)
    if not matches:
        by_slug = {each.rpartition("/")[2]: each for each in reversed(live)}
        slugs = get_close_matches(path.rpartition("/")[2], by_slug, n=1, cutoff=0.6)
        matches = [by_slug[slug] for slug in slugs]
    return f"/{live[matches[0]]}/" if matches else ""
