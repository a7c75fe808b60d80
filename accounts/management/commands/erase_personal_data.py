"""Erase everything that is stored about a person."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.privacy_requests import Requester, erase
from privacy.collecting import holdings
from privacy.mentions import find_mentions
from privacy.people import Person
from privacy.registry import ErasureError


class Command(BaseCommand):
    """`erase_personal_data EMAIL --yes`. Without --yes, only list what would be erased."""

    help = "Erase everything that is stored about the person with an email address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the command's arguments."""
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="erase, instead of listing what would be erased")

    def handle(self, *args: Any, email: str, yes: bool, **options: Any) -> None:
        """Erase or list the data. Raise CommandError for what is no email address, and if an app refuses."""
        if "@" not in email:
            raise CommandError(f"“{email}” is not an email address.")
        person = Person(email)
        if not yes:
            for holding in holdings(person):
                self.stdout.write(f"{holding.entry.title}: {holding.total}. {holding.entry.erasing}")
            self.stdout.write("Nothing was erased. Repeat the command with --yes to erase it.")
            return
        try:
            erased = erase(person, Requester())
        except ErasureError as error:
            raise CommandError(str(error)) from error
        for title, count in erased.items():
            self.stdout.write(f"{title}: {count}")
        for mention in find_mentions(person):
            self.stdout.write(f"The address still appears in {mention}.")
        self.stdout.write("Done.")
