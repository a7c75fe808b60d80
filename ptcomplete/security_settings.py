"""Check security settings that come from the environment."""

import os
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured

ONE_YEAR = 365 * 24 * 3600


class HstsPolicy(NamedTuple):
    """The contents of the Strict-Transport-Security header."""

    seconds: int
    include_subdomains: bool
    preload: bool


def hsts_policy(seconds: str, *, include_subdomains: bool, preload: bool) -> HstsPolicy:
    """Return the policy for the values of HSTS_SECONDS, HSTS_INCLUDE_SUBDOMAINS and HSTS_PRELOAD.

    An empty `seconds` means one year. Raise ImproperlyConfigured for a policy that browsers or the preload list
    would reject.
    """
    seconds = seconds or str(ONE_YEAR)
    if not (seconds.isascii() and seconds.isdigit()):
        raise ImproperlyConfigured("Set HSTS_SECONDS to a whole number of seconds, or to 0 to turn HSTS off.")
    if preload and not (include_subdomains and int(seconds) >= ONE_YEAR):
        raise ImproperlyConfigured(
            f"HSTS_PRELOAD=1 also needs HSTS_INCLUDE_SUBDOMAINS=1 and HSTS_SECONDS of at least {ONE_YEAR} (one year)."
        )
    return HstsPolicy(int(seconds), include_subdomains, preload)


def private_file(name: str | os.PathLike[str]) -> None:
    """Create the file `name`, readable for its owner only, unless it exists or its folder does not."""
    if str(name) != ":memory:" and Path(name).parent.is_dir():
        Path(name).touch(mode=0o600)
