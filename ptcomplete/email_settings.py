"""What EMAIL_URL means."""

import re
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ImproperlyConfigured

# For each step of a connection; a mail takes about ten. outbox.models.FIRST_RETRY_DELAY allows for that.
TIMEOUT = 15
# For the answer of a provider, which may have taken the mail when we give up.
PROVIDER_TIMEOUT = 60
# Not urllib's: people paste passwords as they are, with / and # and @ in them.
_URL = re.compile(
    r"(?P<scheme>smtps?)://(?:(?P<name>[^:]*):(?P<password>.*)@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^:/@\s]+)(?::(?P<port>\d+))?/?"
)

_PROVIDER = re.compile(r"anymail://(?P<name>[a-z_]+)\?(?P<options>\w+=[^&]+(?:&\w+=[^&]+)*)")


def mailers(url: str) -> dict[str, dict[str, Any]]:
    """Django's MAILERS for `url`: none for "", the terminal for "console", an SMTP server, or a provider's API.

    smtps:// encrypts from the start (port 465); smtp:// with a name and password switches to encryption before they
    are sent (STARTTLS, port 587), so that no password ever travels in the open; smtp:// without them is for a mail
    server on the same machine or network (port 25). Name and password may be written as they are, only % as %25.
    anymail://postmark?server_token=... is a provider that django-anymail knows; its options are those of `anymail`.
    ImproperlyConfigured for anything else.
    """
    if not url:
        return {}
    if url == "console":
        return {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
    if (named := _PROVIDER.fullmatch(url)) and find_spec(f"anymail.backends.{named['name']}"):
        return {"default": {"BACKEND": f"anymail.backends.{named['name']}.EmailBackend"}}
    if not (parts := _URL.fullmatch(url)):
        # Without the address itself, which holds a password.
        raise ImproperlyConfigured(
            "Set EMAIL_URL to smtps://name:password@host, smtp://host:port, anymail://provider?option=value or console."
        )
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


def anymail(url: str, webhook_secret: str) -> dict[str, Any]:
    """django-anymail's ANYMAIL for `url`; {} if it names no provider.

    The options are what anymail calls POSTMARK_SERVER_TOKEN and so on, in small letters and without the provider's
    name; they may be written as they are, only % as %25 and & as %26.
    """
    if not (named := _PROVIDER.fullmatch(url)):
        return {}
    options = (option.split("=", 1) for option in named["options"].split("&"))
    own = {f"{named['name']}_{name}".upper(): unquote(value) for name, value in options}
    return own | {"WEBHOOK_SECRET": webhook_secret, "REQUESTS_TIMEOUT": (TIMEOUT, PROVIDER_TIMEOUT)}
