"""Send a test email."""

from argparse import ArgumentParser
from typing import Any

from django.core.mail import mailers
from django.core.management.base import BaseCommand, CommandError

from outbox.sending import build_test_email, describe_error


class Command(BaseCommand):
    """Send a test email to the given address and report the result in one sentence."""

    help = "Send a test email through the mail server in EMAIL_URL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the recipient."""
        parser.add_argument("email", help="the recipient's email address")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Send the test email; raise CommandError if it fails."""
        if "default" not in mailers:
            raise CommandError("No mail server is set. Set EMAIL_URL, such as smtps://name:password@mail.example.com.")
        try:
            build_test_email(email).send(using="default")
        except Exception as error:
            raise CommandError(describe_error(error)) from error
        self.stdout.write(f"The mail server accepted a test email to {email}. Check its inbox and spam folder.")
