"""A separate connection for reading version tokens from PostgreSQL, shared by the threads of a process.

The usual connections come from a pool, which checks them before each request. For a cached page, which needs a single
query, that costs more than the query and everything else together.
"""

import logging
import threading
import time
from contextlib import suppress
from typing import Any

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

log = logging.getLogger(__name__)

# After a failure, pages are served through the usual connections for this time, in seconds.
_PAUSE = 1.0


class VersionConnection:
    """Runs single queries in autocommit mode. Safe to use from several threads, which wait for each other."""

    def __init__(self) -> None:
        """Connect with the first query."""
        self._lock = threading.Lock()
        self._connection: BaseDatabaseWrapper | None = None
        self._paused_until = 0.0

    def fetch(self, sql: str, parameters: list[str]) -> list[tuple[Any, ...]] | None:
        """Return the rows of `sql`, or None if the server did not answer and the caller should use another way."""
        opened = self._connection or self._connect()
        if opened is None:
            return None
        try:
            with opened.wrap_database_errors:
                # Of psycopg rather than Django, whose cursor costs more than this query.
                rows: list[tuple[Any, ...]] = opened.connection.execute(sql, parameters, prepare=True).fetchall()
                return rows
        except DatabaseError:
            log.info("The connection for cached pages was lost.", exc_info=True)
            self.close()
            return None

    def close(self) -> None:
        """Close the connection. The next query opens another."""
        opened, self._connection = self._connection, None
        if opened is not None:
            with suppress(DatabaseError):
                opened.close()

    def _connect(self) -> BaseDatabaseWrapper | None:
        """Return a new connection, or None while another thread connects and for a while after a failure."""
        if time.monotonic() < self._paused_until or not self._lock.acquire(blocking=False):
            return None
        try:
            opened = connection.copy()
            opened.inc_thread_sharing()
            options = opened.settings_dict["OPTIONS"]
            options.pop("pool", None)
            options["server_side_binding"] = True  # without which nothing can be prepared
            opened.ensure_connection()
            self._connection = opened
        except DatabaseError:
            self._paused_until = time.monotonic() + _PAUSE
            log.info("There is no connection for cached pages.", exc_info=True)
        finally:
            self._lock.release()
        return self._connection


version_connection = VersionConnection()
