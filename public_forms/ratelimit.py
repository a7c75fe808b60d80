"""How often the same network, or anything else, may do something in a time, without keeping who it was."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from public_forms.models import Tally


def admit(request: HttpRequest, purpose: str, *, most: int) -> bool:
    """Count one more `purpose` of the sender's network today; False, and nothing counted, beyond `most`."""
    return admit_key(f"{purpose} {network(request)}", most=most)


def admit_key(key: str, *, most: int, hourly: bool = False) -> bool:
    """Count one more of `key` today, or in this hour; False, and nothing counted, beyond `most`.

    Exact with any number of processes: the row is made by whoever is first, and raised by one conditional UPDATE,
    which both databases run one after the other for the same row.
    """
    fingerprint = _fingerprint(key, hourly)
    Tally.objects.bulk_create([Tally(fingerprint=fingerprint, day=timezone.localdate())], ignore_conflicts=True)
    return bool(Tally.objects.filter(fingerprint=fingerprint, count__lt=most).update(count=F("count") + 1))


def is_spent(key: str, *, most: int, hourly: bool = False) -> bool:
    """Whether `admit_key` would refuse now."""
    return Tally.objects.filter(fingerprint=_fingerprint(key, hourly), count__gte=most).exists()


def _fingerprint(key: str, hourly: bool) -> str:
    """What a row knows `key` by. It changes every day, so the same reader is another one tomorrow."""
    words = f"{key} {timezone.localtime().hour}" if hourly else key
    return salted_hmac(f"public_forms.ratelimit.{timezone.localdate()}", words, algorithm="sha256").hexdigest()


def sender(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """Where `request` came from; None if nothing tells.

    Behind a proxy it is the last entry of X-Forwarded-For, which the proxy wrote; the others are the sender's own
    words.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        address = request.headers.get("X-Forwarded-For", address).rpartition(",")[2]
    try:
        found = ip_address(address.strip())
    except ValueError:
        return None
    return (found.version == 6 and found.ipv4_mapped) or found


def network(request: HttpRequest) -> str:
    """The sender's network: an IPv4 address, or the first 64 bits of an IPv6 one, which is what one household gets.

    What is no address is one network, so that a broken proxy limits too much rather than nothing.
    """
    if (address := sender(request)) is None:
        return "unknown"
    return str(address) if address.version == 4 else f"{int(address) >> 64:x}"


def forget() -> int:
    """Erase the tallies of past days; how many. For the worker."""
    return Tally.objects.filter(day__lt=timezone.localdate()).delete()[0]
