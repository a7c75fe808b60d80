"""How often the same network may do something in a day, without keeping its address."""

from ipaddress import ip_address

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from guard.models import Tally


def admit(request: HttpRequest, purpose: str, *, most: int) -> bool:
    """Count one more `purpose` of the sender's network today; False, and nothing counted, beyond `most`.

    Exact with any number of processes: the row is made by whoever is first, and raised by one conditional UPDATE,
    which both databases run one after the other for the same row.
    """
    day = timezone.localdate()
    # The key changes every day, so the same reader is another one tomorrow; the rows go with the day.
    salt = f"guard.limits.{day}"
    fingerprint = salted_hmac(salt, f"{purpose} {network(request)}", algorithm="sha256").hexdigest()
    Tally.objects.bulk_create([Tally(fingerprint=fingerprint, day=day)], ignore_conflicts=True)
    return bool(Tally.objects.filter(fingerprint=fingerprint, count__lt=most).update(count=F("count") + 1))


def network(request: HttpRequest) -> str:
    """The sender's network: an IPv4 address, or the first 64 bits of an IPv6 one, which is what one household gets.

    Behind a proxy it is the last entry of X-Forwarded-For, which the proxy wrote; the others are the sender's own
    words. What is no address is one network, so that a broken proxy limits too much rather than nothing.
    """
    sender = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        sender = request.headers.get("X-Forwarded-For", sender).rpartition(",")[2]
    try:
        address = ip_address(sender.strip())
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(address.ipv4_mapped or f"{int(address) >> 64:x}")


def forget() -> int:
    """Erase the tallies of past days; how many. For the worker."""
    return Tally.objects.filter(day__lt=timezone.localdate()).delete()[0]
