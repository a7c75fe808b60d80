"""Complete the settings of the database that DATABASE_URL names."""

from typing import Any

from ptcomplete.security_settings import private_file

_SQLITE = "django.db.backends.sqlite3"
# WAL lets visitors read during a write. IMMEDIATE makes writers wait for each other instead of failing midway.
_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-500;",
}
# A server that lost its power, or the network to it, does not close its connections. Without these limits, a thread
# would wait for it for minutes.
_POSTGRES_OPTIONS = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8000,
}
_POOL_OPTIONS = {
    "min_size": 1,
    # A request waits this long for a connection. Less than the time in which the supervisor expects an answer of
    # /healthz, because restarting the web server would not bring a database back.
    "timeout": 3,
    # After this time, connecting again is left to the next request. The pool itself would wait longer and longer.
    "reconnect_timeout": 2,
    "max_idle": 60,
}


def complete(database: dict[str, Any], pool_size: int) -> dict[str, Any]:
    """Return `database` with the options that suit its server.

    The threads of a process share a pool of up to `pool_size` connections to PostgreSQL. With 0 each keeps its own.
    """
    if database["ENGINE"] == _SQLITE:
        # SQLite gives its other files the permissions of this one.
        private_file(database["NAME"])
        # Opening the file and reading its schema costs more than most queries.
        return database | {"OPTIONS": dict(_SQLITE_OPTIONS), "CONN_MAX_AGE": None}
    options = _POSTGRES_OPTIONS | database.get("OPTIONS", {})
    if not pool_size:
        return database | {"OPTIONS": options, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    pool = _POOL_OPTIONS | {"max_size": pool_size}
    # The health check replaces connections that the server has closed.
    return database | {"OPTIONS": options | {"pool": pool}, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
