"""Repeat a request that only reads if its connection to the database was lost."""

import logging
import sys
from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

log = logging.getLogger(__name__)

_READS = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "SET ", "DECLARE", "FETCH", "CLOSE")


class DatabaseRetryMiddleware:
    """Answer a GET or HEAD request once more on a new connection, unless it has written something.

    Anything else is never repeated: after a connection is lost during a commit, it is unclear whether the server has
    committed, so only the person who sent the form can decide whether to send it again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Watch for exceptions that views and other middleware do not handle."""
        if connection.vendor != "postgresql":
            raise MiddlewareNotUsed("Only a connection over a network can be lost.")
        self.get_response = get_response
        got_request_exception.connect(_mark_lost_connection)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, of a second attempt if the first one lost its connection."""
        if request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        statements = _Statements()
        with connection.execute_wrapper(statements):
            response = self.get_response(request)
        if response.status_code < 500 or not hasattr(request, "has_lost_connection") or statements.has_written:
            return response
        log.warning("The connection to the database was lost. Trying again: %s", request.path)
        connection.close()
        # A new object, because the views and the middleware have changed the first one.
        return self.get_response(WSGIRequest(cast("WSGIRequest", request).environ))


class _Statements:
    """Inspects the statements of a request."""

    def __init__(self) -> None:
        self.has_written = False

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not str(sql).lstrip().upper().startswith(_READS):
            self.has_written = True
        return execute(sql, params, many, context)


def _mark_lost_connection(request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Receive `got_request_exception` while the exception is being handled."""
    if request is not None and is_lost_connection(sys.exception()):
        request.has_lost_connection = True  # type: ignore[attr-defined]


def is_lost_connection(error: BaseException | None) -> bool:
    """Return whether the database could not be reached or has closed the connection, rather than refused a query."""
    if connection.vendor != "postgresql" or not isinstance(error, OperationalError | InterfaceError):
        return False
    # The server reports errors of a query with a code. 57P01 to 57P03 and class 08 say that it closes the connection.
    code = getattr(error.__cause__, "sqlstate", None) or ""
    return not code or code.startswith(("08", "57P0"))
