"""Test emails of campaigns and of the emails of sequences."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from newsletter.models.campaigns import Campaign
from newsletter.models.newsletter_settings import NewsletterSettings
from newsletter.models.sequences import SequenceEmail
from outbox.headers import format_mailbox, one_line
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

TEST_EMAIL_RETENTION = timedelta(days=30)


class TestEmailQuerySet(QueuedEmailQuerySet["TestEmail"]):
    """Clean up old test emails."""

    def delete_expired(self) -> int:
        """Delete the test emails of a month ago, sent or not. Return how many were deleted."""
        return self.filter(created_at__lt=timezone.now() - TEST_EMAIL_RETENTION).delete()[0]


class TestEmail(QueuedEmail):
    """An email as it was when the author requested a test. Contains no subscriber's tokens."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, related_name="test_emails")
    sequence_email = models.ForeignKey(SequenceEmail, on_delete=models.CASCADE, null=True, related_name="test_emails")
    to_email = models.EmailField()
    created_at = models.DateTimeField(auto_now_add=True)
    subject = models.CharField(max_length=160)
    html = models.TextField()
    text = models.TextField()

    objects = TestEmailQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index(fields=("next_attempt_at",), name="newsletter_testemail_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(campaign__isnull=False, sequence_email__isnull=True)
                | Q(campaign__isnull=True, sequence_email__isnull=False),
                name="newsletter_testemail_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"Test email {self.pk}"

    def build_email(self) -> OutgoingEmail:
        """Build the email with the same headers as the campaign's. Raise ValueError for an undeliverable address."""
        site, sender = SiteInfo.load(), NewsletterSettings.load()
        unsubscribe_url = absolute_url(reverse("newsletter:sample_link"))
        email = OutgoingEmail(
            one_line(f"[Test] {self.subject}"),
            self.text,
            format_mailbox(sender.from_email or settings.DEFAULT_FROM_EMAIL, sender.from_name or site.name),
            [format_mailbox(self.to_email)],
            reply_to=[format_mailbox(sender.reply_to)] if sender.reply_to else None,
            headers=self.email_headers
            | {
                "List-Unsubscribe": f"<{unsubscribe_url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        email.attach_alternative(self.html, "text/html")
        return email
