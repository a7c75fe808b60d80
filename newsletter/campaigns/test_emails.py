"""Send an email as a test, without creating a delivery."""

from typing import Any

from django.db import transaction

from newsletter.campaigns.previews import preview_email
from newsletter.models import Campaign, TestEmail


def send_test_email(test_emails: Any, campaign: Campaign, to_email: str) -> TestEmail:
    """Queue a test email of `campaign`, which need not be saved, replacing earlier ones to the same address.

    `test_emails` are those of the campaign, or of the email of a sequence that it was built from. Raise RenderingError
    if the text cannot be rendered.
    """
    email = preview_email(campaign)
    with transaction.atomic():
        test_emails.filter(to_email=to_email).delete()
        queued: TestEmail = test_emails.create(
            to_email=to_email, subject=email.subject, html=email.html, text=email.text
        )
    return queued
