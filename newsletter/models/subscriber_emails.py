"""Single mails to one person about the list itself. They wait in the outbox, like all single mails."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from newsletter.models.consent import ConsentEvent, Suppression
from newsletter.models.newsletter_settings import NewsletterSettings
from newsletter.models.subscribers import PENDING_LASTS, Subscriber
from newsletter.rendering.email_template import render_email
from newsletter.subscribers.tokens import PENDING_DAYS, Purpose
from outbox.headers import format_mailbox, one_line
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url


class SubscriberEmail(QueuedEmail):
    """A mail that somebody's own step called for."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", "Please confirm"
        MANAGE = "manage", "You are on the list already"
        WELCOME = "welcome", "Welcome"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="mails")
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
        """Whether the person still stands where the mail finds them, and the owner has not blocked the address."""
        is_for_active = self.kind != self.Kind.CONFIRM
        is_active = self.subscriber.status == Subscriber.Status.ACTIVE
        is_fresh = timezone.now() - self.created_at < PENDING_LASTS
        blocked = Suppression.objects.filter(email_hash=self.subscriber.email_hash, reason=Suppression.Reason.MANUAL)
        return is_for_active == is_active and is_fresh and not blocked.exists()

    def build_email(self) -> EmailMultiAlternatives | None:
        """The mail; None once it makes no sense any more. ValueError for an address that mail cannot reach."""
        if not self.is_needed:
            return None
        site, sender, person = SiteInfo.load(), NewsletterSettings.load(), self.subscriber
        # Nothing that somebody typed into the form stands in the mail: strangers' addresses can be typed there.
        context = {
            "site": site,
            "home": absolute_url("/"),
            "sender": sender,
            "days": PENDING_DAYS,
            "confirm_link": person.link(Purpose.CONFIRM),
            "preferences_link": person.link(Purpose.PREFERENCES),
            "unsubscribe_link": person.link(Purpose.UNSUBSCRIBE),
        }
        place = f"newsletter/email/{self.kind}"
        letter = render_email(f"{place}/body.html", context)
        mail = EmailMultiAlternatives(
            one_line(render_to_string(f"{place}/subject.txt", context)),
            letter.text,
            format_mailbox(sender.from_email or settings.DEFAULT_FROM_EMAIL, sender.from_name or site.name),
            [format_mailbox(person.email)],
            reply_to=[format_mailbox(sender.reply_to)] if sender.reply_to else None,
            headers=self.email_headers | {"Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(letter.html, "text/html")
        if self.kind == self.Kind.WELCOME:
            # The first mail of the list itself. RFC 8058 for one click; a mail to confirm has nothing to leave yet.
            mail.extra_headers |= {
                "List-Unsubscribe": f"<{context['unsubscribe_link']}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
        return mail

    def mark_sent(self) -> None:
        """As of all mails; when the request to confirm went out is part of the proof."""
        super().mark_sent()
        if self.kind == self.Kind.CONFIRM:
            ConsentEvent.objects.record(ConsentEvent.Kind.MAILED, self.subscriber)
