"""The id of each request, for the log, the error page and the response."""

import re
from typing import Any
from uuid import uuid4

from django.conf import settings

REQUEST_ID_HEADER = "X-Request-ID"
_VALID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def choose_request_id(environ: dict[str, Any]) -> str:
    """Return the id that a reverse proxy sent with the request, or a new one.

    Without a proxy, a client could choose it, and is not believed.
    """
    sent = environ.get("HTTP_X_REQUEST_ID", "") if settings.TRUSTED_PROXIES else ""
    return sent if _VALID.fullmatch(sent) else uuid4().hex
