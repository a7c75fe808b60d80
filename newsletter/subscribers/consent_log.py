"""What the consent log keeps of a request: the proof that somebody agreed, and to what."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest

from public_forms.fields import visible
from public_forms.ratelimit import sender
from public_forms.same_origin import is_own


def facts_of(request: HttpRequest) -> dict[str, Any]:
    """Where `request` came from: address in the net, browser, and the page of ours that held the form, if it tells.

    The page is its path alone: what follows a question mark is nobody's business, and pages whose address holds a
    token send no Referer.
    """
    address = sender(request)
    page = urlsplit(request.headers.get("Referer", "")).path if is_own(request) else ""
    return {
        "ip": str(address) if address else None,
        "agent": visible(request.headers.get("User-Agent", ""))[:300],
        "page": visible(page)[:300],
    }
