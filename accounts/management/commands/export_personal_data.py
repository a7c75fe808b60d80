"""Write everything that is stored about a person."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from accounts.privacy_requests import Requester, export, export_as_page
from privacy.people import Person


class Command(BaseCommand):
    """`export_personal_data EMAIL [--html]`. Writes to the standard output."""

    help = "Write everything that is stored about the person with an email address, as JSON or as a page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the command's arguments."""
        parser.add_argument("email")
        parser.add_argument("--html", action="store_true", help="write a page instead of JSON")

    def handle(self, *args: Any, email: str, html: bool, **options: Any) -> None:
        """Write the export. Raise CommandError for what is no email address."""
        if "@" not in email:
            raise CommandError(f"“{email}” is not an email address.")
        person = Person(email)
        if html:
            self.stdout.write(export_as_page(person, Requester()))
        else:
            data = export(person, Requester())
            self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder))
