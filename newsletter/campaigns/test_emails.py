"""Send a campaign's email as a test, without creating a delivery."""

from django.db import transaction

from newsletter.campaigns.previews import preview_email
from newsletter.models import Campaign, TestEmail


def send_test_email(campaign: Campaign, to_email: str) -> TestEmail:
    """Queue a test email to `to_email`, replacing earlier ones. Raise RenderingError without a text."""
    email = preview_email(campaign)
    with transaction.atomic():
        campaign.test_emails.filter(to_email=to_email).delete()
        return campaign.test_emails.create(to_email=to_email, subject=email.subject, html=email.html, text=email.text)
