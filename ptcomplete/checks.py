"""System checks for settings that do not work together. The web server does not start with an error, see `wsgi`."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured

TAG = "servers"
_ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}
_THIS_MACHINE = {"", "localhost", "127.0.0.1", "::1"}


@register(TAG)
def check_database(**kwargs: Any) -> list[CheckMessage]:
    """Report a database that the site does not support."""
    if settings.DATABASES["default"]["ENGINE"] in _ENGINES:
        return []
    return [Error("Set DATABASE_URL to a postgres:// URL, or remove it to use SQLite.", id="ptcomplete.E001")]


@register(TAG)
def check_several_machines(**kwargs: Any) -> list[CheckMessage]:
    """Report what each machine would have for itself although SEVERAL_MACHINES is set."""
    if not settings.SEVERAL_MACHINES:
        return []
    problems = {
        "ptcomplete.E002": _database_problem(),
        "ptcomplete.E003": _storage_problem(),
        "ptcomplete.E004": _cache_problem(),
        "ptcomplete.E005": _backup_problem(),
    }
    hint = "See docs/operations/several-machines.md, or remove SEVERAL_MACHINES if this is the only machine."
    return [Error(problem, hint=hint, id=name) for name, problem in problems.items() if problem]


def _database_problem() -> str:
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        return "Several machines cannot share a SQLite database. Set DATABASE_URL to a PostgreSQL server."
    host = database.get("HOST") or database.get("OPTIONS", {}).get("host", "")
    if host in _THIS_MACHINE or host.startswith("/"):
        return "DATABASE_URL names a server on this machine. Set it to an address that all machines reach."
    return ""


def _storage_problem() -> str:
    if not settings.STORAGE_URL:
        return "Uploads would be in a folder of each machine. Set STORAGE_URL to a bucket that all machines reach."
    endpoint = parse_qs(urlsplit(settings.STORAGE_URL).query).get("endpoint_url", [""])[-1]
    if endpoint and urlsplit(endpoint).hostname in _THIS_MACHINE:
        return "STORAGE_URL names a server on this machine. Set it to an address that all machines reach."
    return ""


def _cache_problem() -> str:
    if settings.CACHE_URL and (urlsplit(settings.CACHE_URL).hostname or "") in _THIS_MACHINE:
        return "CACHE_URL names a server on this machine. Set it to an address that all machines reach, or remove it."
    return ""


def _backup_problem() -> str:
    if settings.BACKUP_URL and not settings.BACKUP_URL.startswith("s3://"):
        return "Backups would be in a folder of the machine that makes them. Set BACKUP_URL to a bucket."
    return ""


def refuse_unsupported_settings() -> None:
    """Raise ImproperlyConfigured if a check above reports an error. Management commands run the checks themselves."""
    if errors := run_checks(tags=[TAG]):
        raise ImproperlyConfigured(" ".join(f"{error.msg} ({error.id})" for error in errors))
