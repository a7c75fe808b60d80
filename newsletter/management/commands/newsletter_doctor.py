"""Check whether the newsletter's settings and DNS records allow email to be sent and delivered."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter.delivery import dns
from newsletter.delivery.deliverability import sending_domain, settings_problems
from newsletter.models import NewsletterSettings


class Command(BaseCommand):
    """Print one line per problem. Raise CommandError if there is any."""

    help = "Check the newsletter's settings and the DNS records of its domain, and report problems."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the command's option."""
        parser.add_argument(
            "--selector",
            default="",
            help="selector of your DKIM key: the value of s= in the DKIM-Signature header of an email you sent",
        )

    def handle(self, *args: Any, selector: str, **options: Any) -> None:
        """Check the settings, then the DNS."""
        newsletter_settings = NewsletterSettings.load()
        problems = settings_problems(newsletter_settings)
        try:
            problems += dns.dns_problems(sending_domain(newsletter_settings), selector)
        except dns.DnsUnavailableError as error:
            raise CommandError("\n".join([*problems, str(error)])) from error
        if not selector:
            self.stdout.write("DKIM was not checked. Pass the selector of your key with --selector.")
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("No problems found.")
