"""What `manage.py check --deploy` says about mail."""

from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.core.mail import mailers


@register(deploy=True)
def mail_can_go_out(**kwargs: Any) -> list[CheckMessage]:
    """Warn where no mail server is set. It stands in for Django's mail.W001, which speaks of settings.py."""
    if "default" in mailers:
        return []
    hint = "Set EMAIL_URL, such as smtps://name:password@mail.example.com. Until then messages wait on the desk."
    return [Warning("No mail can go out: no mail server is set.", hint=hint, id="contact.W001")]
