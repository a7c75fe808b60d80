"""Checks of other servers: database, cache, and the site's own certificate."""

import socket
import ssl
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection
from django_redis.exceptions import ConnectionInterrupted

from operations.findings import Finding, error, ok, warning
from ptcomplete.health.findings import duration
from siteinfo.urls import is_local_site

if TYPE_CHECKING:
    from django_redis.cache import RedisCache

CONNECT_TIMEOUT = 3.0
# Programs that renew certificates do so a month before the end.
CERTIFICATE_WARNING = timedelta(days=14)
DATABASE_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def database() -> Finding:
    """Check that the database answers, and that Django supports its version."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as failure:
        lines = str(failure).splitlines() or [type(failure).__name__]
        return error(f"The database does not answer: {lines[0][:200]}", "Check that it runs, and DATABASE_URL.")
    minimum = connection.features.minimum_database_version or ()
    if connection.get_database_version() < minimum:
        return error(
            f"{database_version()} is too old.", f"Upgrade it to {'.'.join(map(str, minimum))} or a later version."
        )
    return ok(f"{database_version()} answers.")


def database_version() -> str:
    """Return name and version of the database."""
    version = ".".join(map(str, connection.get_database_version()))
    return f"{DATABASE_NAMES.get(connection.vendor, connection.vendor)} {version}"


def cache() -> Finding:
    """Check that the cache server answers."""
    if not settings.CACHE_URL:
        return ok("Each process has its own cache (no CACHE_URL).")
    started_at = time.monotonic()
    try:
        # Its client, which does not leave a server alone that failed to answer.
        cast("RedisCache", caches["default"]).client.has_key("ptcomplete.health")
    except ConnectionInterrupted as failure:
        return warning(
            f"The cache server does not answer ({type(failure.__cause__).__name__}).",
            "The site works without it, but slower. Check that it runs, and CACHE_URL.",
        )
    return ok(f"The cache server answered in {(time.monotonic() - started_at) * 1000:.0f} ms.")


def certificate() -> Finding:
    """Connect to SITE_URL as browsers do, and check for how long its certificate is valid."""
    parts = urlsplit(settings.SITE_URL)
    if parts.scheme != "https":
        return ok("A site on this machine needs none.") if is_local_site() else _no_https()
    host, port = parts.hostname or "", parts.port or 443
    try:
        with (
            socket.create_connection((host, port), CONNECT_TIMEOUT) as plain,
            closing(ssl.create_default_context().wrap_socket(plain, server_hostname=host)) as secure,
        ):
            certificate = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as failure:
        return error(
            f"Browsers refuse the certificate of {host}: {failure.verify_message}.",
            "Check the reverse proxy, which gets and renews it.",
        )
    except OSError as failure:
        return warning(
            f"{settings.SITE_URL} cannot be reached from this machine ({type(failure).__name__}).",
            "Check DNS and the reverse proxy. Some networks do not let a machine reach its own public address.",
        )
    left = timedelta(seconds=ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time())
    if left < CERTIFICATE_WARNING:
        return warning(
            f"The certificate of {host} ends in {duration(left)}.", "Check why the reverse proxy has not renewed it."
        )
    return ok(f"The certificate of {host} is valid for another {duration(left)}.")


def _no_https() -> Finding:
    return warning(
        "SITE_URL starts with http://, so passwords and messages are sent unencrypted.",
        "Set up HTTPS in the reverse proxy, and SITE_URL to the https:// address.",
    )
