"""Checks of the settings and of versions."""

import platform

import django
from django.conf import settings
from django.core.checks import WARNING, run_checks

from operations.findings import Finding, error, ok, warning
from operations.models import Maintenance
from operations.version import app_version
from ptcomplete.health.services import database_version
from siteinfo.urls import is_local_site

ADVICE = "See docs/settings.md, and restart the site after the change."


def security() -> Finding:
    """Check the settings that protect the site: DEBUG, the secret key, hosts, HTTPS, proxies."""
    if is_local_site():
        return ok("A site on this machine only.")
    if settings.DEBUG:
        return error("DEBUG is on, so visitors see the code and the settings in errors.", f"Remove DEBUG. {ADVICE}")
    if settings.IS_HTTPS and not settings.TRUSTED_PROXIES:
        return error(
            "SITE_URL starts with https://, but TRUSTED_PROXIES is 0: pages redirect to themselves forever.",
            f"Set TRUSTED_PROXIES to the number of reverse proxies. {ADVICE}",
        )
    if any(host.startswith(("*", ".")) for host in settings.ALLOWED_HOSTS):
        return warning("ALLOWED_HOSTS has a wildcard, so any host name is accepted.", f"Name the hosts. {ADVICE}")
    messages = [each for each in run_checks(tags=["security"], include_deployment_checks=True) if each.level >= WARNING]
    if messages:
        return warning(f"{messages[0].msg.strip()} ({messages[0].id})", messages[0].hint or ADVICE)
    return ok("DEBUG is off, the secret key is long enough, and pages are sent over HTTPS.")


def maintenance() -> Finding:
    """Remind owners that visitors cannot use the site."""
    if current := Maintenance.current():
        return warning(
            f"Maintenance mode is on since {current.started_at:%B %-d, %H:%M} UTC. Visitors cannot use the site, and "
            "no email is sent.",
            "Turn it off with “manage.py maintenance off”.",
        )
    return ok("Maintenance mode is off.")


def versions() -> Finding:
    """Name the versions, for a question to the developers."""
    return ok(
        f"PT Complete {app_version()}, Django {django.get_version()}, Python {platform.python_version()}, "
        f"{database_version()}."
    )
