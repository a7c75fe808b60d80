"""Tell Django what SQLite supports, without asking a database that may be locked."""

import sqlite3
from contextlib import closing
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


def set_json_support(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Set the only feature that Django finds out with a transaction. Receives `connection_created`.

    Django takes any error for missing support and remembers it for the thread. During a long write that error is a
    lock, and every later page of the thread that reads a JSON field would fail.
    """
    if connection.vendor == "sqlite":
        connection.features.supports_json_field = sqlite_has_json()


def sqlite_has_json() -> bool:
    """Return whether the SQLite library has the JSON functions."""
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.execute("SELECT JSON('{}')")
        except sqlite3.OperationalError:
            return False
    return True
