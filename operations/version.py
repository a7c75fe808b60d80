"""The version of the application."""

import tomllib
from functools import cache

from django.conf import settings


@cache
def app_version() -> str:
    """Return the version in pyproject.toml. The application runs from its folder, so it is no installed package."""
    version = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
    return str(version)
