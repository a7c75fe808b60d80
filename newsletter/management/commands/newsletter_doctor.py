"""Say what keeps letters from going out, or from arriving."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter.delivery import dns
from newsletter.delivery.deliverability import lacks, sending_domain
from newsletter.models import NewsletterSettings


class Command(BaseCommand):
    """`newsletter_doctor [--selector NAME]`: a line for each thing that is missing; CommandError if there is any."""

    help = "Look at the settings of the newsletter, and at its domain in the DNS, and say what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--selector", default="", help="of your DKIM key: what stands behind s= in a mail that you sent yourself"
        )

    def handle(self, *args: Any, selector: str, **options: Any) -> None:
        sender = NewsletterSettings.load()
        found = lacks(sender)
        try:
            found += dns.lacks(sending_domain(sender), selector)
        except dns.Unanswered as error:
            raise CommandError("\n".join([*found, str(error)])) from error
        if not selector:
            self.stdout.write("DKIM was not looked at: name your key with --selector.")
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write("Nothing is missing.")
