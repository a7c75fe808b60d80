"""Remove all second factors of someone who has lost them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.second_factor import reset_second_factors


class Command(BaseCommand):
    """Let a person sign in with the password alone. It is recorded, and they get an email."""

    help = "Remove a person's passkeys, authenticator app and recovery codes, such as after a phone was lost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the command's argument."""
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Remove them. Raise CommandError if there is no such person or nothing to remove."""
        email = email.strip().lower()
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"No account has the email address {email}.")
        if not reset_second_factors(user, how="by command on the server"):
            raise CommandError(f"{email} has no second factor.")
        self.stdout.write(f"{email} can sign in with the password alone, and then add a new second factor.")
