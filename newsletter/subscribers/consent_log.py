"""What the consent log keeps of a request: the proof that somebody agreed, and to what."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest

from public_forms.fields import strip_invisible
from public_forms.ratelimit import client_ip
from public_forms.same_origin import is_same_origin


def facts_of(request: HttpRequest) -> dict[str, Any]:
    """Where `request` came from: address in the net, browser, and the page of ours that held the form, if it tells.

    The page is its path alone: what follows a question mark is nobody's business, and pages whose address holds a
    token send no Referer.
    """
    address = client_ip(request)
    page = urlsplit(request.headers.get("Referer", "")).path if is_same_origin(request) else ""
    return {
        "ip": str(address) if address else None,
        "agent": strip_invisible(request.headers.get("User-Agent", ""))[:300],
        "page": strip_invisible(page)[:300],
    }
