"""Turn EMAIL_URL into the settings of Django and django-anymail."""

import re
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ImproperlyConfigured

# Seconds per step of an SMTP connection. An email takes about ten steps.
TIMEOUT = 15
# Seconds to wait for a provider's response. Long, because the email may have been accepted when we give up.
PROVIDER_TIMEOUT = 60
# Not parsed with urllib, since passwords are pasted unescaped and may contain / or # or @.
_URL = re.compile(
    r"(?P<scheme>smtps?)://(?:(?P<name>[^:]*):(?P<password>.*)@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^:/@\s]+)(?::(?P<port>\d+))?/?"
)

_PROVIDER = re.compile(r"anymail://(?P<name>[a-z_]+)\?(?P<options>\w+=[^&]+(?:&\w+=[^&]+)*)")


def mailers(url: str) -> dict[str, dict[str, Any]]:
    """Return Django's MAILERS for `url`: "" for none, "console" for the terminal, an SMTP server or a provider's API.

    - smtps:// uses TLS from the start (port 465).
    - smtp:// with a user and password uses STARTTLS (port 587), so a password is never sent unencrypted.
    - smtp:// without them is for a mail server on the same machine or network (port 25).
    - anymail://postmark?server_token=... is a provider that django-anymail supports.

    User and password need no escaping except % as %25. Raises ImproperlyConfigured for anything else.
    """
    if not url:
        return {}
    if url == "console":
        return {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
    if (named := _PROVIDER.fullmatch(url)) and find_spec(f"anymail.backends.{named['name']}"):
        return {"default": {"BACKEND": f"anymail.backends.{named['name']}.EmailBackend"}}
    if not (parts := _URL.fullmatch(url)):
        # Do not quote the URL, since it contains a password.
        raise ImproperlyConfigured(
            "Set EMAIL_URL to smtps://user:password@host, smtp://host:port, anymail://provider?option=value or console."
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
    """Return django-anymail's ANYMAIL for `url`, or {} if it is not a provider's.

    Options are anymail's, in lower case and without the provider's name: POSTMARK_SERVER_TOKEN is server_token. Values
    need no escaping except % as %25 and & as %26.
    """
    if not (named := _PROVIDER.fullmatch(url)):
        return {}
    options = (option.split("=", 1) for option in named["options"].split("&"))
    own = {f"{named['name']}_{name}".upper(): unquote(value) for name, value in options}
    return own | {"WEBHOOK_SECRET": webhook_secret, "REQUESTS_TIMEOUT": (TIMEOUT, PROVIDER_TIMEOUT)}
