"""Whether links still lead somewhere: looked at now and then, politely, and never as a reader's click.

Programs that do not want robots (`allows_robots`, and so Amazon) are never asked, and nobody is asked with a tag. What
a shop does not say is unknown, not broken: many refuse every robot. Only an address that twice is not found is broken.

A name may lead to any machine, also to one of the site's own network, so only public ones are connected to.
"""

import socket
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from threading import Timer
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from affiliates.broken_link_emails import tell_of_broken
from affiliates.models import Link
from affiliates.shop_urls import host_of
from pagecache.invalidation import CacheScope, invalidate_only

AGAIN_AFTER = timedelta(days=7)
# Sooner where something seemed wrong: the second look decides.
SOONER = timedelta(days=1)
# Between two questions to one shop.
PAUSE = timedelta(seconds=20)
SECONDS = 10.0
# For all of an answer, however slowly it trickles in.
MOST_SECONDS = 30.0
MISSES_OF_A_BROKEN_LINK = 2


class _StayThere(HTTPRedirectHandler):
    """Follows no redirect: it could lead anywhere, and that there is one is answer enough."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def is_public(address: str) -> bool:
    """Whether `address`, an IP address, is one of the Internet's and not of a network of somebody's own."""
    found = ip_address(address.partition("%")[0])
    return found.is_global and not found.is_multicast


def _reach(place: tuple[str, int], timeout: float, source: tuple[str, int] | None = None) -> socket.socket:
    """A connection to a public address of `place`; as `socket.create_connection`, which asks no questions."""
    fault = OSError("It leads to no public address.")
    for *_, found in socket.getaddrinfo(*place, type=socket.SOCK_STREAM):
        if is_public(str(found[0])):
            try:
                return socket.create_connection((str(found[0]), place[1]), timeout, source)
            except OSError as error:
                fault = error
    raise fault


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._create_connection = _reach

    def getresponse(self) -> HTTPResponse:
        timer = Timer(MOST_SECONDS, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        with suppress(AttributeError, OSError):  # it may have ended by itself
            self.sock.shutdown(socket.SHUT_RDWR)


class _SafeConnection(_Connection, HTTPSConnection):
    """The same, encrypted."""


class _Plain(HTTPHandler):
    def http_open(self, req: Request) -> Any:
        return self.do_open(_Connection, req)


class _Encrypted(HTTPSHandler):
    def https_open(self, req: Request) -> Any:
        return self.do_open(_SafeConnection, req)


# A proxy would connect in our place, to whatever it likes.
_opener = build_opener(ProxyHandler({}), _Plain, _Encrypted, _StayThere)


def due() -> QuerySet[Link]:
    """The links to look at, those that waited longest first."""
    now = timezone.now()
    old = Q(checked_at=None) | Q(checked_at__lt=now - AGAIN_AFTER)
    unsure = Q(checked_at__lt=now - SOONER, misses__gt=0, misses__lt=MISSES_OF_A_BROKEN_LINK)
    links = Link.objects.live().filter(old | unsure, program__allows_robots=True)
    return links.select_related("program").order_by("checked_at", "pk")


def check_next() -> int:
    """Look at the next link that is due and whose shop was not asked just now; how many that were. For the worker."""
    tell_of_broken()
    now = timezone.now()
    asked = Link.objects.filter(checked_at__gt=now - PAUSE).values_list("destination", flat=True)
    busy = {host_of(destination) for destination in asked}
    for link in due().iterator():
        if host_of(link.destination) in busy:
            continue
        # Whoever moves the time has the link; one that dies in between looks again next time.
        with invalidate_only(CacheScope.NONE):
            mine = Link.objects.filter(pk=link.pk, checked_at=link.checked_at).update(checked_at=now)
        if mine:
            check(link)
            return 1
    return 0


def check(link: Link) -> None:
    """Look at `link` now, and keep what was found."""
    status, finding = ask(link.destination)
    misses = link.misses + 1 if status in (404, 410) else 0
    if misses >= MISSES_OF_A_BROKEN_LINK:
        health = Link.Health.BROKEN
    elif status and status < 400:
        health = Link.Health.FINE
    else:
        health = Link.Health.UNKNOWN
    changes: dict[str, Any] = {"health": health, "misses": misses, "finding": finding, "checked_at": timezone.now()}
    if health != Link.Health.BROKEN:
        changes["notice"] = None
    # Readers see nothing of it.
    with invalidate_only(CacheScope.NONE):
        Link.objects.filter(pk=link.pk, destination=link.destination).update(**changes)


def ask(address: str) -> tuple[int, str]:
    """What the site at `address` answers: its status, 0 for none, and what that means in words."""
    agent = f"Mozilla/5.0 (compatible; PT Complete link check; +{settings.SITE_URL})"
    request = Request(address, headers={"User-Agent": agent, "Accept": "text/html,*/*"})  # noqa: S310 - https only
    try:
        with _opener.open(request, timeout=SECONDS) as response:
            return response.status, "The page is there"
    except HTTPError as error:
        error.close()
        if error.code in (404, 410):
            return error.code, f"The shop says that the page is gone ({error.code})"
        if error.code < 400:
            return error.code, "The page leads on to another one"
        return error.code, f"The shop does not answer robots ({error.code})"
    except (OSError, HTTPException, ValueError):
        return 0, "The shop did not answer"
