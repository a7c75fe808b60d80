"""What the consent log records about a request."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest

from plaintext.characters import strip_control_characters
from public_forms.ratelimit import client_ip
from public_forms.same_origin import is_same_origin


def request_metadata(request: HttpRequest) -> dict[str, Any]:
    """Return the ConsentEvent fields that describe `request`: IP address, browser, and the page of the form.

    The page is recorded without its query string, which may contain personal data. Pages with a token in their URL
    send no Referer.
    """
    ip_address = client_ip(request)
    referer = request.headers.get("Referer", "") if is_same_origin(request) else ""
    return {
        "ip_address": str(ip_address) if ip_address else None,
        "user_agent": strip_control_characters(request.headers.get("User-Agent", ""))[:300],
        "page_path": strip_control_characters(urlsplit(referer).path)[:300],
    }
