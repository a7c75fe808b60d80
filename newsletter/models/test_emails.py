"""A campaign's mail as a test, to whoever writes it. It is no delivery and counts nowhere."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models
from django.urls import reverse

from newsletter.models.campaigns import Campaign
from newsletter.models.newsletter_settings import NewsletterSettings
from outbox.headers import format_mailbox, one_line
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url


class TestEmail(QueuedEmail):
    """The words as they stood when somebody asked for the test; nobody's tokens are in them."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="test_emails")
    to_email = models.EmailField()
    created_at = models.DateTimeField(auto_now_add=True)
    subject = models.CharField(max_length=160)
    html = models.TextField()
    text = models.TextField()

    objects = QueuedEmailQuerySet["TestEmail"].as_manager()

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index(fields=("next_attempt_at",), name="newsletter_testemail_due")]

    def __str__(self) -> str:
        return f"Test {self.pk}"

    def build_email(self) -> EmailMultiAlternatives:
        """The mail, with the headers of a real one. ValueError for an address that mail cannot reach."""
        site, sender = SiteInfo.load(), NewsletterSettings.load()
        mail = EmailMultiAlternatives(
            one_line(f"[Test] {self.subject}"),
            self.text,
            format_mailbox(sender.from_email or settings.DEFAULT_FROM_EMAIL, sender.from_name or site.name),
            [format_mailbox(self.to_email)],
            reply_to=[format_mailbox(sender.reply_to)] if sender.reply_to else None,
            headers=self.email_headers
            | {
                "List-Unsubscribe": f"<{absolute_url(reverse('newsletter:sample'))}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        mail.attach_alternative(self.html, "text/html")
        return mail
