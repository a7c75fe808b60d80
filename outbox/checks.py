"""System checks for the mail server."""

from typing import Any

from django.core.checks import CheckMessage, Info, register
from django.core.mail import mailers


@register(deploy=True)
def check_mail_server(**kwargs: Any) -> list[CheckMessage]:
    """Report a missing mail server.

    Replaces Django's mail.W001, which refers to settings.py. Only an Info, because a site may not need email.
    """
    if "default" in mailers:
        return []
    hint = "Set EMAIL_URL, such as smtps://name:password@mail.example.com. Until then, emails wait in the admin."
    return [Info("No email can be sent because no mail server is set.", hint=hint, id="outbox.I001")]
