"""Template variables that describe the site."""

from typing import Any

from django.http import HttpRequest
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject

from pagecache.per_version import once_per_version
from siteinfo.appearance import appearance_url, get_appearance, theme_colors
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url


def get_site(request: HttpRequest) -> SiteInfo:
    """Return the site information, shared by all requests until the site changes."""
    site: SiteInfo | None = getattr(request, "site_info", None)
    if site is None:
        site = request.site_info = once_per_version(request, "site", SiteInfo.load)  # type: ignore[attr-defined]
    return site


def site(request: HttpRequest) -> dict[str, Any]:
    """Provide `site`, loaded when a template first uses it, and `canonical`, the URL without its query.

    `appearance` is how the owner wants pages to look, and `appearance_url` the style sheet with the owner's colors, ""
    if there is none. `theme_colors` are those of the browser around the page, None for those of the design.
    """
    return {
        "site": SimpleLazyObject(lambda: get_site(request)),
        "appearance": SimpleLazyObject(lambda: get_appearance(request)),
        "appearance_url": SimpleLazyObject(lambda: appearance_url(request)),
        "theme_colors": SimpleLazyObject(lambda: theme_colors(request)),
        "canonical": absolute_url(escape_uri_path(request.path)),
    }
