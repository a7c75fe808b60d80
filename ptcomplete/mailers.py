"""What EMAIL_URL means."""

import re
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ImproperlyConfigured

# For each step of a connection; a mail takes about ten. outbox.models.FIRST_SPACING allows for that.
TIMEOUT = 15
# Not urllib's: people paste passwords as they are, with / and # and @ in them.
_URL = re.compile(
    r"(?P<scheme>smtps?)://(?:(?P<name>[^:]*):(?P<password>.*)@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^:/@\s]+)(?::(?P<port>\d+))?/?"
)


def mailers(url: str) -> dict[str, dict[str, Any]]:
    """Django's MAILERS for `url`: none for "", the terminal for "console", or an SMTP server.

    smtps:// encrypts from the start (port 465); smtp:// with a name and password switches to encryption before they
    are sent (STARTTLS, port 587), so that no password ever travels in the open; smtp:// without them is for a mail
    server on the same machine or network (port 25). Name and password may be written as they are, only % as %25.
    ImproperlyConfigured for anything else.
    """
    if not url:
        return {}
    if url == "console":
        return {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
    if not (parts := _URL.fullmatch(url)):
        # Without the address itself, which holds a password.
        raise ImproperlyConfigured("Set EMAIL_URL to smtps://name:password@host, smtp://host:port or console.")
    options: dict[str, Any] = {"host": parts["host"].strip("[]"), "timeout": TIMEOUT}
    if parts["port"]:
        options["port"] = int(parts["port"])
    if parts["password"] is not None:
        options |= {"username": unquote(parts["name"]), "password": unquote(parts["password"])}
    if parts["scheme"] == "smtps":
        options["use_ssl"] = True
    elif "password" in options:
        options["use_tls"] = True
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
