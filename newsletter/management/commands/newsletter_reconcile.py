"""Decide about mails that may or may not have gone out, as the log of the mail server tells."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter.models import Delivery

ALL = "all"


class Command(BaseCommand):
    """`newsletter_reconcile [--sent ID ...] [--resend ID ...]`; without either it lists them."""

    help = "List the mails of campaigns that may or may not have gone out, or say what became of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, help_text in (("sent", "these went out"), ("resend", "these did not: send them again")):
            parser.add_argument(f"--{name}", nargs="+", default=[], metavar="MESSAGE_ID", help=f"{help_text}; or “all”")

    def handle(self, *args: Any, sent: list[str], resend: list[str], **options: Any) -> None:
        uncertain = Delivery.objects.filter(status=Delivery.Status.UNCERTAIN)
        if set(sent) & set(resend):
            raise CommandError("A mail either went out or did not: the same one is in both lists.")
        for chosen, status in ((sent, Delivery.Status.SENT), (resend, Delivery.Status.PENDING)):
            if chosen:
                rows = uncertain if chosen == [ALL] else uncertain.filter(message_id__in=chosen)
                number = rows.transition(Delivery.Status.UNCERTAIN, status)
                self.stdout.write(f"{number} {Delivery.Status(status).label.lower()}")
        if not (sent or resend):
            for row in uncertain.select_related("campaign"):
                self.stdout.write(f"{row.message_id}  {row.campaign}: {row.error}")
            self.stdout.write(f"{uncertain.count()} mails may or may not have gone out.")
