"""Create the account that may do everything, or give it a new password."""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.models import User


class Command(BaseCommand):
    """`create_owner EMAIL [--password-env NAME]`; the password is typed, or read from the variable NAME."""

    help = "Create the site's owner, or give the owner a new password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--password-env", metavar="NAME", help="read the password from this variable")

    def handle(self, *args: Any, email: str, password_env: str | None, **options: Any) -> None:
        email = email.strip().lower()
        owner = User.objects.filter(email=email).first() or User(email=email)
        password = self._password(password_env)
        try:
            validate_email(email)
            validate_password(password, owner)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        is_new = owner.pk is None
        owner.is_staff = owner.is_superuser = owner.is_active = True
        owner.set_password(password)
        owner.save()
        self.stdout.write(f"{email} {'is the owner now' if is_new else 'has the new password'}.")

    def _password(self, name: str | None) -> str:
        if name:
            if not os.environ.get(name):
                raise CommandError(f"The variable {name} is not set.")
            return os.environ[name]
        if not sys.stdin.isatty():
            raise CommandError("There is no terminal to type a password on: use --password-env NAME.")
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise CommandError("The two passwords differ.")
        return password
