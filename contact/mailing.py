"""Whether messages and replies are mailed."""

from django.core.mail import mailers

from contact.models import ContactSettings, Message, Reply
from outbox import sending


def trouble() -> str:
    """Why messages or replies are not mailed, in a sentence for the desk; "" if all is well. At most four queries."""
    if "default" in mailers and not ContactSettings.recipient():
        return "Messages are only shown here: say under “Where messages go” which address they should be mailed to."
    return sending.delivery_problem(Message.objects.all(), Reply.objects.all())
