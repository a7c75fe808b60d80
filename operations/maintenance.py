"""Whether maintenance mode is on. A row in the database says so, because all processes and hosts share it."""

import time
from collections.abc import Callable

from django.db import DatabaseError, connection

from operations.models import Maintenance

CHECK_SECONDS = 1.0
# Every page that is not cached costs this query, so it is plain SQL: the ORM takes several times as long to build it.
_SQL = f"SELECT message FROM {Maintenance._meta.db_table} WHERE id = {Maintenance.PK}"  # noqa: S608 - constants


def maintenance_message() -> str | None:
    """Return the message for visitors, which may be empty, or None if maintenance mode is off."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_SQL)
            row = cursor.fetchone()
    except DatabaseError:
        # Not migrated yet, or unreachable: that is for others to report.
        return None
    return None if row is None else str(row[0])


def is_maintenance_on() -> bool:
    """Return whether maintenance mode is on."""
    return maintenance_message() is not None


def or_maintenance(stopped: Callable[[], bool]) -> Callable[[], bool]:
    """Return a function like `stopped` that also returns True during maintenance, which it looks up once a second."""
    is_on, checked_at = False, -CHECK_SECONDS

    def is_stopped() -> bool:
        nonlocal is_on, checked_at
        if time.monotonic() - checked_at >= CHECK_SECONDS:
            is_on, checked_at = is_maintenance_on(), time.monotonic()
        return is_on or stopped()

    return is_stopped
