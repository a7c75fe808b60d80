"""Make consistent copies of the database, and restore them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from django.db import connection

from backups.databases import postgres, sqlite
from backups.errors import BackupError
from backups.manifest import Table

_VENDORS: Mapping[str, ModuleType] = {"sqlite": sqlite, "postgresql": postgres}


def _module(vendor: str) -> ModuleType:
    if vendor != connection.vendor or vendor not in _VENDORS:
        raise BackupError(
            f"The backup is of a {vendor} database, but DATABASE_URL names a {connection.vendor} database."
        )
    return _VENDORS[vendor]


def file_name(vendor: str) -> str:
    """Return the name of the database's file in an archive."""
    name: str = _module(vendor).FILE_NAME
    return name


def dump(path: Path, still_working: Callable[[], None]) -> dict[str, Table]:
    """Write a consistent copy to the new file `path` and return its tables. Call `still_working` periodically."""
    tables: dict[str, Table] = _module(connection.vendor).dump(path, still_working)
    return tables


def verify(vendor: str, path: Path, tables: Mapping[str, Table]) -> None:
    """Restore the copy to a temporary location. Raise BackupError if its tables differ from `tables`."""
    _module(vendor).verify(path, tables)


def replace(vendor: str, path: Path, tables: Mapping[str, Table]) -> None:
    """Replace the content of the database with the copy's, completely or not at all."""
    _module(vendor).replace(path, tables)
