"""Decide which requests count as visits by people."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit

from crawleruseragents import is_crawler
from django.conf import settings

# Says only that the admin was open in this browser. It opens nothing: each answer checks the session.
STAFF_COOKIE = "admin-open"
# Headers by which browsers, old ones included, mark a page fetched in advance.
_PREFETCH_HEADERS = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
# Programs that are in no list. Cubot makes phones.
_BOT = re.compile(
    r"(?<!cu)bot|crawl|spider|slurp|headless|lighthouse|preview|monitor|scan|fetch|python|curl|wget|http-?client", re.I
)
_MAX_AGENT_LENGTH = 500


def is_bot(user_agent: str) -> bool:
    """Return whether `user_agent` belongs to a known robot or a program that identifies itself, or is empty."""
    return _is_bot(user_agent[:_MAX_AGENT_LENGTH])


# Hundreds of patterns take about a millisecond, and most visitors share a few hundred browsers.
@lru_cache(4096)
def _is_bot(user_agent: str) -> bool:
    return not user_agent.strip() or bool(_BOT.search(user_agent)) or is_crawler(user_agent)


class VisitorRequest(Protocol):
    """What decides whether a request counts. An HttpRequest is one."""

    META: dict[str, Any]

    @property
    def COOKIES(self) -> Mapping[str, str]:  # noqa: N802 - Django's name
        """The cookies of the request."""


def is_prefetch(request: VisitorRequest) -> bool:
    """Return whether a browser fetches the page in advance, such as when the pointer rests on its link."""
    return any(request.META.get(name) for name in _PREFETCH_HEADERS)


def is_staff(request: VisitorRequest) -> bool:
    """Return whether someone who works on the site made the request. Visitors have no cookies of ours."""
    if STAFF_COOKIE in request.COOKIES:
        return True
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    # Before the middleware of sessions, the cookie alone decides: only the admin sets it.
    user = getattr(request, "user", None)
    return user is None or bool(getattr(user, "is_staff", False))


def is_human(request: VisitorRequest) -> bool:
    """Return whether a visitor made the request: not a bot, not a prefetch, and not someone signed in as staff."""
    return not (is_prefetch(request) or is_bot(request.META.get("HTTP_USER_AGENT", "")) or is_staff(request))


def is_human_on_site(request: VisitorRequest) -> bool:
    """Return whether a visitor made the request from a page on this site.

    Browsers say so in Sec-Fetch-Site (Fetch Metadata), older ones in Origin.
    """
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    if site:
        is_from_site = site == "same-origin"
    else:
        is_from_site = request.META.get("HTTP_ORIGIN") == "{0.scheme}://{0.netloc}".format(urlsplit(settings.SITE_URL))
    return is_from_site and is_human(request)
