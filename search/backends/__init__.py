"""One backend for each supported database, behind the interface in `base`."""

from django.db import connection

from search.backends import postgres, sqlite
from search.backends.base import Backend

_BACKENDS: dict[str, Backend] = {"sqlite": sqlite, "postgresql": postgres}


def get_backend() -> Backend:
    """Return the backend for the database in use."""
    return _BACKENDS[connection.vendor]
