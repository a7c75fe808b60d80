"""Authentication with the permissions of roles."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from accounts.roles import permissions_of
from accounts.second_factor import with_second_factor


class RoleBackend(ModelBackend):
    """Django's backend, with the permissions of a user's role added to those stored."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the stored permissions and those of the role."""
        stored = super().get_all_permissions(user_obj, obj)
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return stored
        return stored | permissions_of(user_obj.role)

    def user_can_authenticate(self, user: Any) -> bool:
        """Return whether the user is active and may open the admin, since there is nothing else to sign in to."""
        return super().user_can_authenticate(user) and user.is_staff

    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a session, with `has_second_factor` from the same query."""
        user = with_second_factor(User.objects.filter(pk=user_id)).first()
        return user if user and self.user_can_authenticate(user) else None
