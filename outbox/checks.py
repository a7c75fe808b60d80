"""What `manage.py check --deploy` says about mail."""

from typing import Any

from django.core.checks import CheckMessage, Info, register
from django.core.mail import mailers


@register(deploy=True)
def mail_can_go_out(**kwargs: Any) -> list[CheckMessage]:
    """Tell where no mail server is set. It stands in for Django's mail.W001, which speaks of settings.py.

    No fault that should stop a release: a site may do without mail.
    """
    if "default" in mailers:
        return []
    hint = "Set EMAIL_URL, such as smtps://name:password@mail.example.com. Until then messages wait on the desk."
    return [Info("No mail can go out: no mail server is set.", hint=hint, id="outbox.I001")]
