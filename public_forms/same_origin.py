"""Whether a form was sent from a page of our own. This stands in for Django's CSRF token, which needs a cookie.

It is sound because browsers set Sec-Fetch-Site and Origin themselves: both are forbidden header names (Fetch
standard, 2.2.2), so no page can forge them, and one of the two comes with every POST since 2020. A client that is no
browser can write what it likes, but it carries nobody's session, and the forms that rely on this grant nothing to one.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_own(request: HttpRequest) -> bool:
    """Whether `request` came from a page of this site; False if nothing tells.

    Sec-Fetch-Site decides, which browsers send over HTTPS only; else Origin; else, for old browsers, Referer. A page of
    the same registrable domain ("same-site") counts as foreign: it may be somebody else's.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    sender = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return _origin(sender) in {_origin(settings.SITE_URL), _origin(request.build_absolute_uri("/"))}


def _origin(address: str) -> tuple[str, str] | None:
    """Scheme and host of `address`; None, which equals no origin of ours, if it has none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return (parts.scheme, parts.netloc.lower()) if parts.scheme and parts.netloc else None
