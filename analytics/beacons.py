"""Read the beacons that static/site/js/page-views.js sends: page views, Core Web Vitals and clicks on outbound links.

A beacon has its data in the query string and no body, so no slow client can occupy a thread. It is checked, reduced to
what is counted, and appended to a file (`analytics.spool`): no query, no session and no cookie.
"""

import hmac
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from django.http import parse_cookie
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from analytics import spool
from analytics.counting import count_neglected_views
from analytics.models import DIRECT
from analytics.page_types import page_type
from analytics.visitors import is_human_on_site
from analytics.web_vitals import METRICS, bucket_of
from plaintext.characters import is_plain_line
from public_forms.client_counts import counts_today
from public_forms.ratelimit import ClientRequest, client_network
from siteinfo.local_time import recent_zone

MAX_QUERY_LENGTH = 1500
MAX_PATH_LENGTH = 500
# More than everyone behind one network opens, and few enough not to matter if it is a program.
MAX_BEACONS_PER_NETWORK = 5_000
PHONE_WIDTH, TABLET_WIDTH = 600, 1024
_HOST = re.compile(r"[a-z0-9.-]{1,100}")
_SPACES = re.compile(r"\s+")
# Email addresses, phone numbers and the like, which say who searched.
_PERSONAL = re.compile(r"@|https?:|\d{5}|\d[\d ()/+-]{6,}\d")
MAX_WORDS_LENGTH = 60


class BadBeaconError(ValueError):
    """Raised for a beacon that no page sends."""


@cache
def beacon_path() -> str:
    """Return the path that beacons are sent to."""
    return reverse("analytics:count_page")


class BeaconRequest:
    """A request as the web server passes it on. Django's own would cost as much as all the rest."""

    __slots__ = ("META",)

    def __init__(self, environ: dict[str, Any]) -> None:
        self.META = environ

    @property
    def COOKIES(self) -> dict[str, str]:  # noqa: N802 - Django's name
        """The cookies. Visitors have none of ours."""
        cookies = self.META.get("HTTP_COOKIE")
        return parse_cookie(cookies) if cookies else {}


def receive(environ: dict[str, Any]) -> HTTPStatus:
    """Store the beacon of a visitor until it is counted. The answer is the same whether it counts or not."""
    if environ["REQUEST_METHOD"] != "POST":
        return HTTPStatus.METHOD_NOT_ALLOWED
    query = environ.get("QUERY_STRING", "")
    try:
        record = _parse(dict(parse_qsl(query, keep_blank_values=True))) if len(query) <= MAX_QUERY_LENGTH else None
        if record is None:
            raise BadBeaconError
    except (BadBeaconError, ValueError):
        return HTTPStatus.BAD_REQUEST
    request = BeaconRequest(environ)
    if record and is_human_on_site(request) and counts_today(request, "beacon", limit=MAX_BEACONS_PER_NETWORK):
        day = timezone.localdate(timezone=recent_zone()).isoformat()
        if spool.append([day, _visitor_code(request, day), *record]):
            count_neglected_views()
    return HTTPStatus.NO_CONTENT


def _parse(data: Mapping[str, str]) -> list[Any]:
    """Return what is counted of a beacon: its kind, the page, and the rest. Empty for pages that are not counted."""
    kind, path = data.get("k", ""), data.get("p", "")
    if kind not in _PARSERS or not path.startswith("/") or len(path) > MAX_PATH_LENGTH or not is_plain_line(path):
        raise BadBeaconError
    record = _PARSERS[kind](data)
    return [kind, path, *record] if page_type(path) else []


def _parse_view(data: Mapping[str, str]) -> list[Any]:
    width = int(data.get("w", "")[:6])
    device = "phones" if width < PHONE_WIDTH else "tablets" if width < TABLET_WIDTH else "desktops"
    is_entry = data.get("e") == "1"
    words = clean_words(data.get("q", ""))
    return [device, is_entry, _host(data.get("r", "")) if is_entry else DIRECT, words, data.get("n") == "0"]


def _parse_vitals(data: Mapping[str, str]) -> list[Any]:
    values = {name: float(data.get(name, "")[:12]) for name in METRICS if name in data}
    if not values or not all(value >= 0 for value in values.values()):  # False for NaN too
        raise BadBeaconError
    return [{name: bucket_of(METRICS[name], value) for name, value in values.items()}]


def _parse_click(data: Mapping[str, str]) -> list[Any]:
    host = _host(data.get("h", ""))
    if not host:
        raise BadBeaconError
    return [host]


_PARSERS = {"view": _parse_view, "vitals": _parse_vitals, "click": _parse_click}


def _host(text: str) -> str:
    """Return the host in lower case without "www." and port."""
    host = text.lower().partition(":")[0].removeprefix("www.")
    if host and not _HOST.fullmatch(host):
        raise BadBeaconError
    return host


def clean_words(text: str) -> str:
    """Return the words of a search as they are stored; "" if they could say who searched."""
    words = _SPACES.sub(" ", text).strip().casefold()[:MAX_WORDS_LENGTH].strip()
    return "" if _PERSONAL.search(words) or not is_plain_line(words) else words


@lru_cache(maxsize=2)
def _daily_key(day: str) -> bytes:
    return salted_hmac("analytics.visitor", day, algorithm="sha256").digest()


def _visitor_code(request: ClientRequest, day: str) -> str:
    """Return a code of the network and browser that nobody can compare with that of another day."""
    text = f"{client_network(request)} {request.META.get('HTTP_USER_AGENT', '')}"
    return hmac.digest(_daily_key(day), text.encode(errors="replace"), "sha256").hex()[:24]
