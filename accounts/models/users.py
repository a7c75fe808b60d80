"""Users, who sign in to the admin."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.roles import Role


class UserManager(BaseUserManager["User"]):
    """Create users, who sign in with their email address, ignoring case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user. Without a password, the user cannot sign in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an owner, who has all permissions."""
        return self.create_user(email, password, role=Role.OWNER, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this email address, ignoring case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account to sign in with. Visitors never see it."""

    email = models.EmailField(
        "email address",
        max_length=254,
        unique=True,
        help_text="Used to sign in. Visitors never see it.",
    )
    name = models.CharField(max_length=120, blank=True, help_text="Shown in the admin's greeting.")
    is_staff = models.BooleanField(
        "can sign in to the admin",
        default=False,
        help_text="Groups and permissions decide what this user may do there.",
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Uncheck this instead of deleting the user, so that their content is kept."
    )
    role = models.CharField(
        max_length=20, choices=Role, blank=True, default="", help_text="What this person may do in the admin."
    )
    joined_at = models.DateTimeField("joined", default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            # Together with unique=True: Sam@example.org and sam@example.org are the same user.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="accounts_user_email_is_lower"),
            models.CheckConstraint(
                condition=models.Q(role="owner", is_superuser=True, is_staff=True)
                | (~models.Q(role="owner") & models.Q(is_superuser=False)),
                name="accounts_user_owner_is_superuser",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Convert the email address to lower case."""
        self.email = self.email.strip().lower()

    def set_role(self, role: str) -> None:
        """Give the user a role, without saving. Users need a role to sign in to the admin."""
        self.role = role
        self.is_superuser = role == Role.OWNER
        self.is_staff = bool(role)

    @property
    def is_only_owner(self) -> bool:
        """Whether this is the only user who can restore an owner's permissions."""
        others = User.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=self.pk)
        return self.role == Role.OWNER and self.is_active and not others.exists()

    def get_short_name(self) -> str:
        """Return the name, or one derived from the email address."""
        return self.name or self.email.partition("@")[0].replace(".", " ").title()

    def get_full_name(self) -> str:
        """Return the same name as `get_short_name`."""
        return self.get_short_name()
