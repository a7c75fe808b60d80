"""Tell Django what SQLite supports without querying a database that may be locked."""

import sqlite3
from contextlib import closing

# Not from `features`: that module can only be imported after `base`, which nothing else loads on PostgreSQL.
from django.db.backends.sqlite3.base import DatabaseWrapper


def set_json_support() -> None:
    """Replace the only feature that Django detects with a transaction in the database.

    Django takes any error for missing support and remembers it for the thread. During a long write that error is a
    lock, and every later page of the thread that reads a JSON field would fail. A receiver of `connection_created`
    would come too late, because the first use of the feature may open the connection.
    """
    features = DatabaseWrapper.features_class
    features.supports_json_field = sqlite_has_json()  # type: ignore[method-assign, assignment]


def sqlite_has_json() -> bool:
    """Return whether the SQLite library has the JSON functions."""
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.execute("SELECT JSON('{}')")
        except sqlite3.OperationalError:
            return False
    return True
