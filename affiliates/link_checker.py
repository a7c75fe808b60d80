"""Check from time to time whether affiliate links still work.

Programs that forbid bots (`allows_bots`), such as Amazon, are never requested, and no request carries a tag, so none
counts as a click. Many shops refuse bots, so any other failure than two 404 or 410 responses means "unknown".

A host name can resolve to a machine on the server's own network, so only public IP addresses are connected to.
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

from affiliates.broken_link_emails import queue_report
from affiliates.models import Link
from affiliates.shop_urls import host_of
from pagecache.invalidation import CacheScope, invalidate_only

CHECK_INTERVAL = timedelta(days=7)
# Links that failed once are checked again sooner.
RETRY_INTERVAL = timedelta(days=1)
# Between two requests to the same shop.
HOST_INTERVAL = timedelta(seconds=20)
SECONDS = 10.0
# Limit for a whole response, however slowly it arrives.
MAX_SECONDS = 30.0
FAILURES_UNTIL_BROKEN = 2


class _NoRedirects(HTTPRedirectHandler):
    """Follow no redirects: they could lead anywhere, and a redirect is enough to know that the page exists."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def is_public(address: str) -> bool:
    """Return whether an IP address is public."""
    found = ip_address(address.partition("%")[0])
    return found.is_global and not found.is_multicast


def _connect_to_public(
    address: tuple[str, int], timeout: float, source: tuple[str, int] | None = None
) -> socket.socket:
    """Connect to a public IP address of `address`, with the signature of `socket.create_connection`."""
    error_to_raise = OSError("The host has no public IP address.")
    for *_, found in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        if is_public(str(found[0])):
            try:
                return socket.create_connection((str(found[0]), address[1]), timeout, source)
            except OSError as error:
                error_to_raise = error
    raise error_to_raise


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._create_connection = _connect_to_public

    def getresponse(self) -> HTTPResponse:
        timer = Timer(MAX_SECONDS, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        with suppress(AttributeError, OSError):  # already closed
            self.sock.shutdown(socket.SHUT_RDWR)


class _TLSConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _PlainHandler(HTTPHandler):
    def http_open(self, req: Request) -> Any:
        return self.do_open(_Connection, req)


class _TLSHandler(HTTPSHandler):
    def https_open(self, req: Request) -> Any:
        return self.do_open(_TLSConnection, req)


# No proxy: it would connect to non-public addresses for us.
_opener = build_opener(ProxyHandler({}), _PlainHandler, _TLSHandler, _NoRedirects)


def due_links() -> QuerySet[Link]:
    """The links to look at, those that waited longest first."""
    now = timezone.now()
    old = Q(checked_at=None) | Q(checked_at__lt=now - CHECK_INTERVAL)
    unsure = Q(checked_at__lt=now - RETRY_INTERVAL, failed_checks__gt=0, failed_checks__lt=FAILURES_UNTIL_BROKEN)
    links = Link.objects.live().filter(old | unsure, program__allows_bots=True)
    return links.select_related("program").order_by("checked_at", "pk")


def check_next() -> int:
    """Check the next due link whose shop was not requested recently. Return 1, or 0 if there is none."""
    queue_report()
    now = timezone.now()
    asked = Link.objects.filter(checked_at__gt=now - HOST_INTERVAL).values_list("destination", flat=True)
    busy = {host_of(destination) for destination in asked}
    for link in due_links().iterator():
        if host_of(link.destination) in busy:
            continue
        # The conditional update claims the link; if this process dies, it is checked again next time.
        with invalidate_only(CacheScope.NONE):
            claimed = Link.objects.filter(pk=link.pk, checked_at=link.checked_at).update(checked_at=now)
        if claimed:
            check(link)
            return 1
    return 0


def check(link: Link) -> None:
    """Check `link` now and store the result."""
    status, result = check_url(link.destination)
    failed_checks = link.failed_checks + 1 if status in (404, 410) else 0
    if failed_checks >= FAILURES_UNTIL_BROKEN:
        health = Link.Health.BROKEN
    elif status and status < 400:
        health = Link.Health.OK
    else:
        health = Link.Health.UNKNOWN
    changes: dict[str, Any] = {
        "health": health,
        "failed_checks": failed_checks,
        "check_result": result,
        "checked_at": timezone.now(),
    }
    if health != Link.Health.BROKEN:
        changes["report"] = None
    # Visitors see no difference, so the page cache stays valid.
    with invalidate_only(CacheScope.NONE):
        Link.objects.filter(pk=link.pk, destination=link.destination).update(**changes)


def check_url(url: str) -> tuple[int, str]:
    """Request `url` and return its status (0 without a response) and what that means."""
    agent = f"Mozilla/5.0 (compatible; PT Complete link check; +{settings.SITE_URL})"
    request = Request(url, headers={"User-Agent": agent, "Accept": "text/html,*/*"})  # noqa: S310 - https only
    try:
        with _opener.open(request, timeout=SECONDS) as response:
            return response.status, "The page exists"
    except HTTPError as error:
        error.close()
        if error.code in (404, 410):
            return error.code, f"The shop says the page is gone ({error.code})"
        if error.code < 400:
            return error.code, "The page redirects to another one"
        return error.code, f"The shop refused the check ({error.code})"
    except (OSError, HTTPException, ValueError):
        return 0, "The shop did not respond"
