"""Say that the disk is full, with the words that could not be saved, instead of a general error page."""

import errno
import logging
import sqlite3
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import get_template

from ptcomplete.resend_form import resend_context

log = logging.getLogger(__name__)

# EFBIG: the limit of a process or of the file system.
_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# PostgreSQL's code for a full disk.
_SQLSTATE = "53100"


class FullDiskMiddleware:
    """Return 507 if a view fails because there is no space left. The innermost middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Do nothing: it depends on the exception."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page if the disk is full."""
        if not is_disk_full(exception):
            return None
        log.error("The disk is full: %s could not be saved", request.path, exc_info=exception)
        # No context processor runs, since one may need space.
        page = get_template("site/full_disk.html").render(resend_context(request))
        response = HttpResponse(page, status=507)
        response["Cache-Control"] = "no-store"
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response


def is_disk_full(error: BaseException) -> bool:
    """Return whether `error`, or what caused it, is a full disk, quota or file system limit."""
    return any(_is_disk_full(each) for each in _with_causes(error))


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _ERRNOS
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        # SQLite reports a failed write as an input/output error on some file systems.
        return code == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_WRITE
    return getattr(error, "sqlstate", None) == _SQLSTATE


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
