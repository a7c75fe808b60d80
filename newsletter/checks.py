"""What `manage.py check` says about a mail provider that cannot tell us of bounces and complaints."""

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from newsletter.delivery.deliverability import deaf_to_the_provider


@register
def provider_can_tell(**kwargs: Any) -> list[CheckMessage]:
    """Warn of each reason why webhooks of the provider in EMAIL_URL are not taken."""
    hint = "Without that, mail goes on to addresses that no longer exist, and to readers who called it spam."
    return [Warning(reason, hint=hint, id="newsletter.W001") for reason in deaf_to_the_provider()]
