"""Email errors to the people who run the site, without personal data, and not too often."""

import hashlib
import logging
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, mailers

from operations.context import current_job, current_request_id
from operations.errors import describe, is_own_file
from operations.redaction import redact
from operations.version import app_version

log = logging.getLogger(__name__)

HOUR = 3600
# Loggers of what strangers can cause, and of this module.
_IGNORED = ("django.security", "operations.error_emails")


class ErrorEmailHandler(logging.Handler):
    """Sends an email about each error of the log, at most ERROR_EMAILS_PER_HOUR about the same one.

    It has the type and the place of the error, never its text, and the route instead of the path: texts and paths may
    contain what a visitor typed, and tokens. No part of the request is quoted.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Send the email from a thread, so that a slow mail server does not delay the visitor."""
        if not settings.ADMINS or record.name.startswith(_IGNORED) or "default" not in mailers:
            return
        try:
            subject, body = describe_record(record)
            if claim_slot(subject):
                threading.Thread(target=_send, args=(subject, body), name="error email").start()
        except Exception:
            self.handleError(record)


def describe_record(record: logging.LogRecord) -> tuple[str, str]:
    """Return subject and body. Records of the same error have the same subject."""
    error = record.exc_info[1] if record.exc_info else None
    request: Any = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    # Of a message, only its fixed part: the arguments may be personal.
    what = describe(error) if error else redact(str(record.msg))[:150].replace("\n", " ")
    lines = {
        "Error": what,
        "Request": current_request_id() or getattr(request, "request_id", ""),
        "Route": f"{request.method} /{match.route}" if match else "",
        "Job": current_job(),
        "Logger": record.name,
        "Release": app_version(),
    }
    details = "\n".join(f"{name}: {value}" for name, value in lines.items() if value)
    trace = _format_frames(error.__traceback__) if error else ""
    note = "The text of the error is in the log, under the id of the request. Emails leave it out to protect visitors."
    return f"Error at {settings.SITE_URL}: {what}", f"{details}\n\n{trace}\n{note}\n"


def _format_frames(trace: TracebackType | None) -> str:
    """Return files, lines and functions, and the code of this project."""
    frames = []
    for frame in traceback.extract_tb(trace):
        frames.append(f"{frame.filename}, line {frame.lineno}, in {frame.name}")
        if is_own_file(frame.filename) and frame.line:
            frames.append(f"    {frame.line}")
    return "\n".join(frames) + "\n"


_sent: dict[str, list[float]] = {}
_lock = threading.Lock()


def claim_slot(subject: str) -> bool:
    """Return whether another email about this error may be sent in this hour, from any process of this machine.

    Each email is a file in DATA_DIR, since files need no database, which may be what failed. The memory of the process
    limits emails if not even files can be written.
    """
    hour, limit = int(time.time() // HOUR), settings.ERROR_EMAILS_PER_HOUR
    key = hashlib.sha256(subject.encode()).hexdigest()[:16]
    with _lock:
        sent = [moment for moment in _sent.get(key, ()) if moment > time.time() - HOUR]
        _sent[key] = sent
        if len(sent) >= limit:
            return False
        if not _create_file(Path(settings.DATA_DIR) / "error-emails", hour, key, limit):
            return False
        sent.append(time.time())
        return True


def _create_file(folder: Path, hour: int, key: str, limit: int) -> bool:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for number in range(limit):
            with suppress(FileExistsError):
                (folder / f"{hour}-{key}-{number}").touch(exist_ok=False)
                _delete_old(folder, hour)
                return True
    except OSError:
        return True
    return False


def _delete_old(folder: Path, hour: int) -> None:
    for path in folder.iterdir():
        if not path.name.startswith(f"{hour}-"):
            path.unlink(missing_ok=True)


def _send(subject: str, body: str) -> None:
    try:
        EmailMessage(subject, body, settings.SERVER_EMAIL, settings.ADMINS).send()
    except Exception as failure:
        # The error itself is in the log already.
        log.warning("An email about an error could not be sent: %s", describe(failure))
