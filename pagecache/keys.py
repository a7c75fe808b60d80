"""The key under which the page that a request asks for is stored."""

from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest
from django.http.request import split_domain_port

from pagecache.invalidation import has_uncommitted_writes
from pagecache.models import MAX_PATH_LENGTH

_MAX_QUERY_LENGTH = 300
# Added to links by newsletters, ads and social networks. No page depends on them.
_TRACKING_PARAMETERS = frozenset(
    {
        "fbclid",
        "gclid",
        "gbraid",
        "wbraid",
        "dclid",
        "msclkid",
        "twclid",
        "ttclid",
        "yclid",
        "igshid",
        "mc_cid",
        "mc_eid",
    }
)
_TRACKING_PREFIX = "utm_"


def cache_key(request: HttpRequest) -> str | None:
    """Return the key of the requested page, or None if not every visitor gets the same response."""
    path = request.path
    if (
        request.method not in {"GET", "HEAD"}
        or settings.SESSION_COOKIE_NAME in request.COOKIES
        or len(path) > MAX_PATH_LENGTH
        or path.startswith(settings.PAGE_CACHE_IGNORED_PATHS)
        or has_uncommitted_writes(DEFAULT_DB_ALIAS)
    ):
        return None
    query = _canonical_query(request.META.get("QUERY_STRING", ""))
    if query is None:
        return None
    # A page is only stored after Django has accepted the host, so a request for an unknown host finds nothing here.
    # Django accepts every port and spelling of the host. If each had its own key, a client could have a page rendered
    # and stored any number of times.
    host = request.META.get("HTTP_HOST", "")
    return f"{request.scheme}://{split_domain_port(host)[0] or host}{path}{query}"


def _canonical_query(query: str) -> str | None:
    """Return `query` without tracking parameters, empty or beginning with a question mark; None if it is too long."""
    if not query:
        return ""
    if len(query) > _MAX_QUERY_LENGTH:
        return None
    parameters = [(name, value) for name, value in parse_query(query) if not is_tracking(name)]
    return f"?{urlencode(parameters)}" if parameters else ""


def parse_query(query: str) -> list[tuple[str, str]]:
    """Return the names and values of a query."""
    return parse_qsl(query, keep_blank_values=True)


def is_tracking(name: str) -> bool:
    """Return whether a query parameter only says which link was followed."""
    return name.startswith(_TRACKING_PREFIX) or name in _TRACKING_PARAMETERS
