"""Decide which requests count as visits by people."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

# Headers by which browsers, old ones included, mark a page fetched in advance.
_PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_BOT = re.compile(r"bot|crawl|spider|slurp|headless|lighthouse|preview|monitor|scan|fetch|python|curl|wget", re.I)


def is_bot(user_agent: str) -> bool:
    """Return whether `user_agent` belongs to a program that identifies itself, or is empty."""
    return not user_agent or bool(_BOT.search(user_agent))


def is_prefetch(request: HttpRequest) -> bool:
    """Return whether a browser fetches the page in advance, such as when the pointer rests on its link."""
    return any(request.headers.get(name) for name in _PREFETCH_HEADERS)


def is_human(request: HttpRequest) -> bool:
    """Return whether a visitor made the request: not a bot, not a prefetch, and not someone signed in as staff."""
    if is_prefetch(request):
        return False
    if is_bot(request.headers.get("User-Agent", "")):
        return False
    return not (request.COOKIES and getattr(request.user, "is_staff", False))


def is_human_on_site(request: HttpRequest) -> bool:
    """Return whether a visitor made the request from a page on this site.

    Browsers say so in Sec-Fetch-Site (Fetch Metadata), older ones in Origin.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        is_from_site = site == "same-origin"
    else:
        is_from_site = request.headers.get("Origin") == "{0.scheme}://{0.netloc}".format(urlsplit(settings.SITE_URL))
    return is_from_site and is_human(request)
