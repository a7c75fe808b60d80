"""The site's settings as stored in a backup, without secrets."""

import os
import re
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

_SECRET = re.compile(r"SECRET|KEY|PASSWORD|TOKEN|DSN")
_NAME = re.compile(r"^(?:# )?([A-Z][A-Z_]+)=", re.MULTILINE)


def settings_without_secrets() -> dict[str, str]:
    """Return the variables of .env.example that are set. URLs lose passwords and options, secrets are left out."""
    names = _NAME.findall((settings.BASE_DIR / ".env.example").read_text())
    return {
        name: _without_credentials(value) if name.endswith("_URL") else value
        for name in names
        if (value := os.environ.get(name)) and not _SECRET.search(name)
    }


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
