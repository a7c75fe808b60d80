"""Send errors to Sentry or a service with the same protocol, without personal data."""

import socket
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from operations.context import current_job, current_request_id
from operations.redaction import redact
from operations.version import app_version

# What is sent of an event. All else is dropped, such as the request, the user, breadcrumbs and extra data.
_EVENT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment", "sdk")
_FRAME = ("filename", "function", "module", "lineno", "abs_path", "context_line", "in_app")


def start_sentry(dsn: str) -> None:
    """Start sending. Raise ImproperlyConfigured if the optional package is not installed."""
    try:
        sentry_sdk = import_module("sentry_sdk")
    except ModuleNotFoundError as error:
        raise ImproperlyConfigured("SENTRY_DSN needs the package sentry-sdk: pip install sentry-sdk") from error
    sentry_sdk.init(
        dsn=dsn,
        release=app_version(),
        server_name=socket.gethostname(),
        before_send=without_personal_data,
        # Not even collected, in addition to being dropped.
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        traces_sample_rate=None,
    )


def without_personal_data(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any] | None:
    """Return only the type and the place of the error, the route, and the id of the request.

    The text of an error may quote what a visitor typed. What strangers can cause is not sent at all.
    """
    if str(event.get("logger", "")).startswith("django.security"):
        return None
    clean = {name: event[name] for name in _EVENT if name in event}
    clean["transaction"] = redact(str(event.get("transaction") or ""))
    clean["tags"] = {"request_id": current_request_id() or _logged_request_id(hint), "job": current_job()}
    if message := (event.get("logentry") or {}).get("message"):
        clean["logentry"] = {"message": redact(str(message))}
    if values := (event.get("exception") or {}).get("values"):
        clean["exception"] = {"values": [_clean_exception(value) for value in values]}
    return clean


def _logged_request_id(hint: dict[str, Any]) -> str:
    request = getattr(hint.get("log_record"), "request", None)
    return str(getattr(request, "request_id", ""))


def _clean_exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "stacktrace": {"frames": [{name: frame[name] for name in _FRAME if name in frame} for frame in frames]},
    }
