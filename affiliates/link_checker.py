"""Regularly check whether affiliate links still work.

Programs that forbid bots (`allows_bots`), such as Amazon, are never contacted, and no request carries a tag, so none
counts as a click. Many shops refuse bots, so any failure other than two 404 or 410 responses means "unknown".

Redirects are not followed: a redirect is enough to know that the page exists.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from affiliates.broken_link_emails import queue_report
from affiliates.models import Link
from affiliates.shop_urls import host_of
from http_client.client import FetchError, get_status
from pagecache.invalidation import CacheScope, invalidate_only

CHECK_INTERVAL = timedelta(days=7)
# Links that failed once are checked again sooner.
RETRY_INTERVAL = timedelta(days=1)
# Between two requests to the same shop.
HOST_INTERVAL = timedelta(seconds=20)
MAX_SECONDS = 30.0
FAILURES_UNTIL_BROKEN = 2


def due_links() -> QuerySet[Link]:
    """Return the links to check, starting with the one not checked for the longest time."""
    now = timezone.now()
    outdated = Q(checked_at=None) | Q(checked_at__lt=now - CHECK_INTERVAL)
    failed_once = Q(checked_at__lt=now - RETRY_INTERVAL, failed_checks__gt=0, failed_checks__lt=FAILURES_UNTIL_BROKEN)
    links = Link.objects.active().filter(outdated | failed_once, program__allows_bots=True)
    return links.select_related("program").order_by("checked_at", "pk")


def check_next() -> int:
    """Check the next due link, unless its shop had a request recently. Return 1, or 0 if there is none to check."""
    queue_report()
    now = timezone.now()
    recent = Link.objects.filter(checked_at__gt=now - HOST_INTERVAL).values_list("destination", flat=True)
    busy_hosts = {host_of(destination) for destination in recent}
    for link in due_links().iterator():
        if host_of(link.destination) in busy_hosts:
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
    try:
        status = get_status(url, headers={"Accept": "text/html,*/*"}, max_seconds=MAX_SECONDS)
    except FetchError:
        return 0, "The shop did not respond"
    if status in (404, 410):
        return status, f"The shop says the page is gone ({status})"
    if status >= 400:
        return status, f"The shop refused the check ({status})"
    if status >= 300:
        return status, "The page redirects to another one"
    return status, "The page exists"
