"""Create the database of a test process, and empty it after tests that commit."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from evidence.disclaimers.starters import STARTERS

# Filled by migrations and never changed by tests.
MIGRATED_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


def create_database(cache_folder: Path, name: str) -> None:
    """Connect this process to a migrated, empty database that no other process uses.

    Migrating takes five seconds of CPU time, so one process migrates and the others copy the result. On SQLite,
    later runs copy it too, from `cache_folder`, until code outside `tests/` changes.
    """
    with _lock(cache_folder / "lock"):
        if connection.vendor == "sqlite":
            _copy_sqlite(cache_folder)
        else:
            _clone_postgres(name)


def delete_rows() -> None:
    """Delete what tests committed. Django's flush empties every table and recreates all permissions, which is slow."""
    connection.ensure_connection()
    # The driver's cursor, because the page cache inspects every statement of Django's.
    with transaction.atomic(), closing(connection.connection.cursor()) as cursor:
        cursor.execute(_filled_tables_sql())
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
        # A new site has these from a migration.
        mark = "?" if connection.vendor == "sqlite" else "%s"
        rows = [(name, text, number == 0) for number, (name, text) in enumerate(STARTERS)]
        cursor.executemany(
            f"INSERT INTO evidence_disclaimer (name, text, is_default) VALUES ({mark}, {mark}, {mark})", rows
        )


@cache
def _filled_tables_sql() -> str:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - MIGRATED_TABLES
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})" for table in sorted(tables)
    )


def _copy_sqlite(folder: Path) -> None:
    name = Path(settings.DATABASES["default"]["TEST"]["NAME"])
    migrated = folder / f"{_fingerprint()}.sqlite3"
    if migrated.exists():
        shutil.copy(migrated, name)
        _connect_to(str(name))
    else:
        for outdated in folder.glob("*.sqlite3"):
            outdated.unlink()
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(folder / "unfinished")])
        (folder / "unfinished").rename(migrated)


def _clone_postgres(name: str) -> None:
    migrated = Path(os.environ["TEST_HOME"]) / "migrated"
    if migrated.exists():
        _connect_to(migrated.read_text())
    else:
        migrated.write_text(connection.creation.create_test_db(verbosity=0, autoclobber=True))
    connection.creation.clone_test_db(name, verbosity=0)
    _connect_to(connection.creation.get_test_db_clone_settings(name)["NAME"])


def _connect_to(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def _fingerprint() -> str:
    """Return a hash of everything that affects the result of migrating."""
    digest = hashlib.sha256(django.__version__.encode())
    own = [Path(app.path) for app in apps.get_app_configs() if settings.BASE_DIR in Path(app.path).parents]
    sources = [path for folder in (*own, settings.BASE_DIR / "ptcomplete") for path in sorted(folder.rglob("*.py"))]
    for path in (settings.BASE_DIR / "requirements.txt", *sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def database_environment() -> dict[str, str]:
    """Return the environment of a process of the site that uses the database of this test."""
    database = settings.DATABASES["default"]
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        server, separator, query = os.environ["TEST_DATABASE_URL"].partition("?")
        url = f"{server.rpartition('/')[0]}/{database['NAME']}{separator}{query}"
    return os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "LOG_LEVEL": "CRITICAL",
        "SECRET_KEY": settings.SECRET_KEY,
        "SITE_URL": settings.SITE_URL,
    }
