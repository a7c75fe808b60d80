"""Remove all second factors of someone who has lost them."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import AccountEmail, AuditEvent, User


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
        with transaction.atomic():
            deleted, _ = Authenticator.objects.filter(user=user).delete()
            if not deleted:
                raise CommandError(f"{email} has no second factor.")
            kind = AuditEvent.Kind.SECOND_FACTORS_RESET
            AuditEvent.objects.record(kind, user=user, subject=f"{email}, by command")
            detail = "Your passkeys, authenticator app and recovery codes were removed on the server."
            AccountEmail.objects.create(email=email, kind=AccountEmail.Kind.NOTICE, user=user, detail=detail)
        self.stdout.write(f"{email} can sign in with the password alone, and then add a new second factor.")
