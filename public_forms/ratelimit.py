"""Limit how often a network, or any other key, may do something in a day or an hour. No IP address is stored."""

import hmac
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Protocol

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from public_forms.models import RateLimitCounter


class ClientRequest(Protocol):
    """What is known of a client before Django handles the request. An HttpRequest is one."""

    META: dict[str, Any]


def hit(request: HttpRequest, purpose: str, *, limit: int) -> bool:
    """Count one `purpose` for the client's network today. Return False, without counting, beyond `limit`."""
    return hit_key(f"{purpose} {client_network(request)}", limit=limit)


def hit_key(key: str, *, limit: int, hourly: bool = False) -> bool:
    """Count one use of `key` today, or in this hour. Return False, without counting, beyond `limit`.

    Exact with any number of processes: the first one inserts the row, and a conditional UPDATE increments it, which
    both databases serialize per row.
    """
    hashed = fingerprint(key, hourly)
    counter = RateLimitCounter(fingerprint=hashed, day=timezone.localdate())
    RateLimitCounter.objects.bulk_create([counter], ignore_conflicts=True)
    rows = RateLimitCounter.objects.filter(fingerprint=hashed, count__lt=limit)
    return bool(rows.update(count=F("count") + 1))


def is_exhausted(key: str, *, limit: int, hourly: bool = False) -> bool:
    """Return whether `hit_key` would return False now."""
    return RateLimitCounter.objects.filter(fingerprint=fingerprint(key, hourly), count__gte=limit).exists()


def client_ip(request: ClientRequest) -> IPv4Address | IPv6Address | None:
    """Return the client's IP address, or None if it is unknown.

    Behind proxies this is the entry of X-Forwarded-For that the first of TRUSTED_PROXIES has written. The client
    controls those before it. It is unknown if there are too few, because the request did not pass all proxies.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES and "HTTP_X_FORWARDED_FOR" in request.META:
        entries = request.META["HTTP_X_FORWARDED_FOR"].split(",")
        text = entries[-settings.TRUSTED_PROXIES] if len(entries) >= settings.TRUSTED_PROXIES else ""
    return _parse_address(text)


# A request asks for its address more than once.
@lru_cache(maxsize=16)
def _parse_address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def client_network(request: ClientRequest) -> str:
    """Return the client's network: an IPv4 address, or the first 64 bits of an IPv6 one, as assigned to a household.

    All clients without a valid address share one network, so a broken proxy limits too much rather than nothing.
    """
    address = client_ip(request)
    if address is None:
        return "unknown"
    return str(address) if address.version == 4 else f"{int(address) >> 64:x}"


def delete_expired() -> int:
    """Delete the counters of past days. Return how many were deleted."""
    return RateLimitCounter.objects.filter(day__lt=timezone.localdate()).delete()[0]


def fingerprint(key: str, hourly: bool = False) -> str:
    """Return a keyed hash of `key` that changes daily, so a visitor cannot be recognized the next day."""
    value = f"{key} {timezone.localtime().hour}" if hourly else key
    return hmac.digest(_daily_key(str(timezone.localdate())), value.encode(errors="replace"), "sha256").hex()


@lru_cache(maxsize=2)
def _daily_key(day: str) -> bytes:
    return salted_hmac("public_forms.ratelimit", day, algorithm="sha256").digest()
