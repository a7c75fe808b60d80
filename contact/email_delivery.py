"""Check whether messages and replies are delivered by email."""

from django.core.mail import mailers

from contact.models import ContactSettings, Message, Reply
from outbox import sending


def delivery_problem() -> str:
    """Return why messages or replies are not emailed, as a sentence for the admin, or ""."""
    if "default" in mailers and not ContactSettings.recipient():
        return "Messages are not emailed, only shown in the admin. Enter an email address under “Contact settings”."
    return sending.delivery_problem(Message.objects.all(), Reply.objects.all())
