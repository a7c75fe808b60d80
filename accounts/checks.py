"""System checks of the settings for accounts."""

from typing import Any

from django.conf import settings
from django.core.checks import Error

from accounts.roles import Role


def check_second_factor_roles(**kwargs: Any) -> list[Error]:
    """Report roles in SECOND_FACTOR_ROLES that do not exist, which would protect nobody."""
    unknown = [role for role in settings.SECOND_FACTOR_ROLES if role not in Role.values]
    if not unknown:
        return []
    return [
        Error(
            f"SECOND_FACTOR_ROLES names no role of this site: {', '.join(unknown)}.",
            hint=f"Use some of {', '.join(Role.values)}.",
            id="accounts.E001",
        )
    ]
