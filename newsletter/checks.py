"""System checks for the newsletter."""

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from newsletter.delivery.deliverability import webhook_problems


@register
def check_webhooks(**kwargs: Any) -> list[CheckMessage]:
    """Warn if the email provider in EMAIL_URL cannot report bounces and complaints."""
    hint = (
        "Otherwise emails keep going to addresses that no longer exist and to subscribers who marked them as spam,"
        " which harms your reputation as a sender."
    )
    return [Warning(problem, hint=hint, id="newsletter.W001") for problem in webhook_problems()]
