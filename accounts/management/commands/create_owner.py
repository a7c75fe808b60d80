"""Create the site's owner, or set a new password."""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.models import AuditEvent, User
from accounts.roles import Role


class Command(BaseCommand):
    """Give a user all permissions and a password, which is typed or read from an environment variable."""

    help = "Create the site's owner, or set a new password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the command's arguments."""
        parser.add_argument("email")
        parser.add_argument(
            "--password-env", metavar="NAME", help="read the password from the environment variable NAME"
        )

    def handle(self, *args: Any, email: str, password_env: str | None, **options: Any) -> None:
        """Create or update the user. Raise CommandError if the email address or the password is invalid."""
        email = email.strip().lower()
        owner = User.objects.filter(email=email).first() or User(email=email)
        password = self._read_password(password_env)
        try:
            validate_email(email)
            validate_password(password, owner)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        is_new = owner.pk is None
        owner.set_role(Role.OWNER)
        owner.is_active = True
        owner.set_password(password)
        owner.save()
        # Both give someone all permissions.
        AuditEvent.objects.record(AuditEvent.Kind.ROLE, subject=f"{email}: owner, from the command line")
        self.stdout.write(f"Created the owner {email}." if is_new else f"Set a new password for {email}.")

    def _read_password(self, variable: str | None) -> str:
        if variable:
            if not os.environ.get(variable):
                raise CommandError(f"The environment variable {variable} is not set.")
            return os.environ[variable]
        if not sys.stdin.isatty():
            raise CommandError("There is no terminal to type a password into. Use --password-env NAME.")
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password (again): "):
            raise CommandError("The passwords do not match.")
        return password
