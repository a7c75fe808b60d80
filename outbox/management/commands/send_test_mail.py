"""Send a mail to see whether mail works."""

from argparse import ArgumentParser
from typing import Any

from django.core.mail import mailers
from django.core.management.base import BaseCommand, CommandError

from outbox.sending import in_words, test_mail


class Command(BaseCommand):
    """`send_test_mail ADDRESS`: one plain sentence says how it went; CommandError if it did not."""

    help = "Send a test mail to ADDRESS through the mail server of EMAIL_URL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        if "default" not in mailers:
            raise CommandError("No mail server is set: set EMAIL_URL, such as smtps://name:password@mail.example.com.")
        try:
            test_mail(address).send(using="default")
        except Exception as error:
            raise CommandError(in_words(error)) from error
        self.stdout.write(f"The mail server took a test mail to {address}. Look there, and among the spam too.")
