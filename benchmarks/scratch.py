"""A temporary site for benchmarks, and a counter of its queries."""

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def demo_site(database: str = "") -> Iterator[None]:
    """Set up Django with the demo on a temporary SQLite database, or the empty one at `database`; print versions."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATA_DIR": folder,
            "DEBUG": "0",
            "SECRET_KEY": "of-the-benchmark-only",
            "SITE_URL": "http://testserver",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        } | ({"DATABASE_URL": database} if database else {})
        import django
        from django.conf import settings

        django.setup()
        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        call_command("seed_demo", verbosity=0)
        database = f"{connection.vendor} {'.'.join(map(str, connection.get_database_version()))}"
        print(f"Python {platform.python_version()}, Django {django.get_version()}, {database}")
        yield


@contextmanager
def count_queries() -> Iterator[list[str]]:
    """Collect the SQL of the queries in this block."""
    from django.db import connection

    queries: list[str] = []

    def collect(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(collect):
        yield queries
