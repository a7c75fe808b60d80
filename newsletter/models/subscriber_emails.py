"""Emails to a single subscriber about the subscription itself, sent through the outbox."""

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from newsletter.email_template import render_email
from newsletter.models.consent import ConsentEvent, Suppression
from newsletter.models.newsletter_settings import NewsletterSettings
from newsletter.models.subscribers import CONFIRMATION_LIFETIME, Subscriber
from newsletter.tokens import CONFIRMATION_DAYS, TokenPurpose
from outbox.headers import format_mailbox, one_line
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url


class SubscriberEmail(QueuedEmail):
    """A transactional email that a subscriber's own action caused."""

    class Kind(models.TextChoices):
        """What the email is for. Also the name of its template folder."""

        CONFIRM = "confirm", "Confirmation request"
        MANAGE = "manage", "Link to preferences"
        WELCOME = "welcome", "Welcome"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="transactional_emails")
    kind = models.CharField(max_length=8, choices=Kind)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = QueuedEmailQuerySet["SubscriberEmail"].as_manager()

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(fields=("next_attempt_at",), name="newsletter_subscriberemail_due")]
        constraints = [
            models.UniqueConstraint(
                fields=("subscriber",), condition=Q(kind="welcome"), name="newsletter_subscriberemail_welcome_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("confirm", "manage", "welcome")), name="newsletter_subscriberemail_kind"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(next_attempt_at__isnull=True),
                name="newsletter_subscriberemail_sent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_needed(self) -> bool:
        """Return True if the email still fits the subscriber's status and the owner has not blocked the address."""
        is_for_active = self.kind != self.Kind.CONFIRM
        is_active = self.subscriber.status == Subscriber.Status.ACTIVE
        is_expired = timezone.now() - self.created_at >= CONFIRMATION_LIFETIME
        if is_for_active != is_active or is_expired:
            return False
        blocked = Suppression.objects.filter(email_hash=self.subscriber.email_hash, reason=Suppression.Reason.MANUAL)
        return not blocked.exists()

    def build_email(self) -> OutgoingEmail | None:
        """Build the email, or return None if it is no longer needed.

        Raise ValueError for an email address that cannot be sent to.
        """
        if not self.is_needed:
            return None
        site, newsletter_settings = SiteInfo.load(), NewsletterSettings.load()
        context = self._template_context(site, newsletter_settings)
        folder = f"newsletter/email/{self.kind}"
        rendered = render_email(f"{folder}/body.html", context)
        email = OutgoingEmail(
            one_line(render_to_string(f"{folder}/subject.txt", context)),
            rendered.text,
            format_mailbox(
                newsletter_settings.from_email or settings.DEFAULT_FROM_EMAIL,
                newsletter_settings.from_name or site.name,
            ),
            [format_mailbox(self.subscriber.email)],
            reply_to=[format_mailbox(newsletter_settings.reply_to)] if newsletter_settings.reply_to else None,
            headers=self.email_headers | {"Auto-Submitted": "auto-generated"},
        )
        email.attach_alternative(rendered.html, "text/html")
        if self.kind == self.Kind.WELCOME:
            # One-click unsubscribe (RFC 8058). The other emails go to people who may not be subscribed.
            email.extra_headers |= {
                "List-Unsubscribe": f"<{context['unsubscribe_url']}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
        return email

    def _template_context(self, site: SiteInfo, newsletter_settings: NewsletterSettings) -> dict[str, Any]:
        # Contains nothing that was entered into the sign-up form, which accepts strangers' email addresses.
        return {
            "site": site,
            "home_url": absolute_url("/"),
            "newsletter_settings": newsletter_settings,
            "days": CONFIRMATION_DAYS,
            "confirm_url": self.subscriber.build_url(TokenPurpose.CONFIRM),
            "preferences_url": self.subscriber.build_url(TokenPurpose.PREFERENCES),
            "unsubscribe_url": self.subscriber.build_url(TokenPurpose.UNSUBSCRIBE),
        }

    def mark_sent(self) -> None:
        """Record that the email was sent. For a confirmation email, the consent log records it too."""
        with transaction.atomic():
            super().mark_sent()
            # The subscriber may have been erased while the email was being sent.
            remains = Subscriber.objects.select_for_update().filter(pk=self.subscriber_id).exists()
            if remains and self.kind == self.Kind.CONFIRM:
                ConsentEvent.objects.record(ConsentEvent.Kind.EMAILED, self.subscriber)
