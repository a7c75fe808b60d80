"""List uncertain deliveries and resolve them from the mail server's log."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter.models import Delivery
from newsletter.models.deliveries import DeliveryQuerySet

ALL = "all"


class Command(BaseCommand):
    """Mark uncertain deliveries as sent, or send them again. Without options, list them."""

    help = "List the emails that may or may not have been sent, or say what happened to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the lists of Message-IDs."""
        parser.add_argument("--sent", nargs="+", default=[], metavar="MESSAGE_ID", help="these were sent; or “all”")
        parser.add_argument(
            "--resend",
            nargs="+",
            default=[],
            metavar="MESSAGE_ID",
            help="these were not sent, send them again; or “all”",
        )

    def handle(self, *args: Any, sent: list[str], resend: list[str], **options: Any) -> None:
        """Resolve the given deliveries; raise CommandError if one is in both lists."""
        status = Delivery.Status
        uncertain = Delivery.objects.filter(status=status.UNCERTAIN)
        if set(sent) & set(resend):
            raise CommandError("The same email is in both lists. It was either sent or not.")
        if sent:
            count = _select(uncertain, sent).transition(status.UNCERTAIN, status.SENT)
            self.stdout.write(f"{count} marked as sent")
        if resend:
            count = _select(uncertain, resend).transition(status.UNCERTAIN, status.PENDING)
            self.stdout.write(f"{count} will be sent again")
        if not (sent or resend):
            self._list(uncertain)

    def _list(self, uncertain: DeliveryQuerySet) -> None:
        for delivery in uncertain.select_related("campaign"):
            self.stdout.write(f"{delivery.message_id}  {delivery.campaign}: {delivery.error}")
        self.stdout.write(f"{uncertain.count()} emails may or may not have been sent.")


def _select(deliveries: DeliveryQuerySet, message_ids: list[str]) -> DeliveryQuerySet:
    return deliveries if message_ids == [ALL] else deliveries.filter(message_id__in=message_ids)
