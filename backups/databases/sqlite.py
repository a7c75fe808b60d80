"""Copies of an SQLite database."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from django.db import connection

from backups.databases.fingerprint import compare, fingerprint
from backups.errors import BackupError
from backups.manifest import Table

FILE_NAME = "database.sqlite3"


def dump(path: Path, still_working: Callable[[], None]) -> dict[str, Table]:
    """Copy the database as it is now. Others may keep writing to it."""
    # Not on Django's connection, because VACUUM cannot run inside a transaction.
    with closing(_connect(Path(connection.settings_dict["NAME"]))) as source:
        source.execute("VACUUM INTO ?", [str(path)])
    path.chmod(0o600)
    still_working()
    return _tables(path, still_working)


def verify(path: Path, tables: Mapping[str, Table]) -> None:
    """Check the structure of the copy and compare its tables with `tables`."""
    try:
        with closing(_connect(path)) as copy:
            problems = [str(row[0]) for row in copy.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
        found = _tables(path, lambda: None)
    except sqlite3.DatabaseError as error:
        raise BackupError(f"The database in the archive cannot be read: {error}") from error
    if problems:
        raise BackupError(f"The database in the archive is damaged: {'; '.join(problems)}")
    compare(found, tables)


def replace(path: Path, tables: Mapping[str, Table]) -> None:
    """Copy every page over the current database in one transaction, which other processes' connections respect."""
    connection.close()
    with closing(_connect(path)) as source, closing(_connect(Path(connection.settings_dict["NAME"]))) as target:
        try:
            target.execute("PRAGMA journal_mode=WAL")
            source.backup(target)
        except sqlite3.OperationalError as error:
            raise BackupError(
                f"The database could not be replaced: {error}. Stop the web server and the worker, then try again."
            ) from error
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        # Connecting would create an empty database.
        raise BackupError(f"There is no database at {path}.")
    return sqlite3.connect(path, timeout=20, isolation_level=None)


def _tables(path: Path, still_working: Callable[[], None]) -> dict[str, Table]:
    tables = {}
    with closing(_connect(path)) as copy:
        names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
        for (name,) in copy.execute(names).fetchall():
            quoted = '"' + name.replace('"', '""') + '"'
            tables[name] = fingerprint(copy.execute(f"SELECT * FROM {quoted}"))  # noqa: S608 - quoted above
            still_working()
    return tables
