"""Check that a form was submitted from a page on this site. Replaces Django's CSRF token, which needs a cookie.

The check is sound because browsers set Sec-Fetch-Site and Origin themselves: both are forbidden header names (Fetch
standard, 2.2.2), so no page can forge them, and every browser since 2020 sends one of them with a POST. Other clients
can send anything, but they carry no one's session, and the forms that rely on this check grant no privileges.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_same_origin(request: HttpRequest) -> bool:
    """Return whether `request` came from a page on this site; False if no header says so.

    Browsers send Sec-Fetch-Site over HTTPS only, so Origin and, for old browsers, Referer are used next. "same-site"
    is not accepted: another page on the same registrable domain may belong to someone else.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return _origin(source) in {_origin(settings.SITE_URL), _origin(request.build_absolute_uri("/"))}


def _origin(url: str) -> tuple[str, str] | None:
    """Return scheme and host of `url`, or None if it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return (parts.scheme, parts.netloc.lower()) if parts.scheme and parts.netloc else None
