"""Authentication with the permissions of roles."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.roles import permissions_of


class RoleBackend(ModelBackend):
    """Django's backend, with the permissions of a user's role added to those stored."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the stored permissions and those of the role."""
        stored = super().get_all_permissions(user_obj, obj)
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return stored
        return stored | permissions_of(user_obj.role)
