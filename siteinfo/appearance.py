"""How public pages look: the style sheet made from the owner's choices, and its URL."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from pagecache.per_version import once_per_version
from siteinfo.colors import fingerprint
from siteinfo.models import Appearance

YEAR = 365 * 24 * 3600


def get_appearance(request: HttpRequest) -> Appearance:
    """Return the owner's choices, shared by all requests until the site changes."""
    appearance: Appearance | None = getattr(request, "appearance", None)
    if appearance is None:
        appearance = request.appearance = once_per_version(request, "appearance", Appearance.load)  # type: ignore[attr-defined]
    return appearance


def appearance_url(request: HttpRequest) -> str:
    """Return the URL of the style sheet, or "" while nothing differs from the design. It changes with the content.

    A preview of unsaved colors has its own.
    """
    if url := getattr(request, "appearance_url", ""):
        return str(url)
    css = once_per_version(request, "appearance style sheet", lambda: get_appearance(request).stylesheet())
    return reverse("appearance", args=[fingerprint(css)]) if css else ""


def theme_colors(request: HttpRequest) -> tuple[str, str] | None:
    """Return the colors of the browser around pages in light and dark mode, or None for those of the design."""
    return once_per_version(request, "theme colors", lambda: get_appearance(request).tokens().get("deep"))


def appearance(request: HttpRequest, version: str) -> HttpResponse:
    """Return the style sheet. Under the URL of an earlier one, it must not be stored for long."""
    css = Appearance.load().stylesheet()
    is_current = version == fingerprint(css)
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable" if is_current else "no-cache"
    return response
