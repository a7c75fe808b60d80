"""Messages from the contact form, replies, and the emails for both."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower
from django.template.loader import render_to_string
from django.utils import timezone

from outbox.headers import format_mailbox, one_line, validate_deliverable
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo
from siteinfo.singletons import Singleton
from siteinfo.urls import absolute_url, admin_url

# The contact page promises this.
RETENTION = timedelta(days=365)


class ContactSettings(Singleton):
    """Where messages are emailed."""

    notify_email = models.EmailField(
        "send messages to",
        blank=True,
        validators=[validate_deliverable],
        help_text="Visitors never see this email address. If empty, messages go to the site's public email address. "
        "Without either, messages are only shown in the inbox.",
    )

    class Meta:
        """The name in the admin."""

        verbose_name = "contact settings"
        verbose_name_plural = "contact settings"

    def __str__(self) -> str:
        return "Contact settings"

    @classmethod
    def recipient(cls) -> str:
        """Return the email address that receives messages, or ""."""
        chosen = cls.objects.exclude(notify_email="").values_list("notify_email", flat=True)
        public = SiteInfo.objects.values_list("email", flat=True)
        return chosen.first() or public.first() or ""


class MessageQuerySet(QueuedEmailQuerySet["Message"]):
    """Queries on the inbox."""

    def unhandled(self) -> Self:
        """Return the new messages."""
        return self.filter(handled_at__isnull=True)

    def due(self) -> Self:
        """Return the messages to email now. Handled messages need no email, and none is sent without a recipient."""
        return super().due().unhandled() if ContactSettings.recipient() else self.none()

    def failed(self) -> Self:
        """Return the new messages whose last email attempt failed."""
        return super().failed().unhandled()

    def set_status(self, status: "Message.Status") -> int:
        """Set the status and return the number of messages. The time a message was first handled is preserved."""
        if status == Message.Status.NEW:
            return self.update(status=status, handled_at=None)
        return self.update(status=status, handled_at=Coalesce("handled_at", timezone.now()))

    def from_same_senders(self) -> "MessageQuerySet":
        """Return all messages from these senders, ignoring the case of email addresses."""
        emails = {email.lower() for email in self.values_list("email", flat=True)}
        return Message.objects.annotate(lower_email=Lower("email")).filter(lower_email__in=emails)

    def delete_expired(self) -> int:
        """Delete messages handled a year ago, with their replies. Return the number of deleted rows."""
        return self.filter(handled_at__lt=timezone.now() - RETENTION).delete()[0]


class Message(QueuedEmail):
    """A message from the contact form."""

    class Status(models.TextChoices):
        """What has been done with the message."""

        NEW = "new", "New"
        ANSWERED = "answered", "Answered"
        ARCHIVED = "archived", "Archived"
        SPAM = "spam", "Spam"

    name = models.CharField(max_length=120)
    email = models.EmailField("email address", help_text="Not verified: anyone can enter any email address.")
    subject = models.CharField(max_length=150)
    body = models.TextField("message", help_text="Links are shown as text. Check them before you open them.")
    status = models.CharField(
        max_length=10,
        choices=Status,
        default=Status.NEW,
        help_text="Replying marks a message as answered. Handled messages are deleted after twelve months.",
    )
    # Derived from the form's token, so that a double click creates one message.
    submission = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField("received", auto_now_add=True)
    handled_at = models.DateTimeField("handled", null=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [
            models.Index(fields=("handled_at", "-created_at"), name="contact_message_inbox"),
            models.Index(fields=("next_attempt_at",), name="contact_message_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="new", handled_at__isnull=True)
                | Q(status__in=("answered", "archived", "spam"), handled_at__isnull=False),
                name="contact_message_new_or_handled",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(next_attempt_at__isnull=True),
                name="contact_message_sent_once",
            ),
        ]

    def __str__(self) -> str:
        # Without its content: the admin log outlives the message.
        return f"Message {self.pk}"

    def save(self, **kwargs: Any) -> None:
        """Save the message and keep `handled_at` in sync with its status."""
        if self.status == self.Status.NEW:
            self.handled_at = None
        elif self.handled_at is None:
            self.handled_at = timezone.now()
        super().save(**kwargs)

    def build_email(self) -> OutgoingEmail:
        """Return the email about this message, with the sender as Reply-To. Raises ValueError for an invalid one."""
        site = SiteInfo.load()
        message_url = absolute_url(admin_url(self))
        return OutgoingEmail(
            one_line(f"{self.subject} (message to {site.name})"),
            render_to_string("contact/email/message.txt", {"message": self, "admin_url": message_url}),
            format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
            [format_mailbox(ContactSettings.recipient())],
            reply_to=[format_mailbox(self.email, self.name)],
            headers=self.email_headers,
        )


class Reply(QueuedEmail):
    """A reply written in the admin and emailed to the sender as plain text."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="replies", editable=False)
    body = models.TextField(
        "reply",
        max_length=20_000,
        help_text="Sent as plain text within seconds. The lines starting with > quote the message.",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField("written", auto_now_add=True)

    objects = QueuedEmailQuerySet["Reply"].as_manager()

    class Meta:
        ordering = ("created_at", "pk")
        verbose_name_plural = "replies"
        indexes = [models.Index(fields=("next_attempt_at",), name="contact_reply_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(next_attempt_at__isnull=True), name="contact_reply_sent_once"
            )
        ]

    def __str__(self) -> str:
        return f"Reply to message {self.message_id}"

    def build_email(self) -> OutgoingEmail:
        """Return the reply as an email. Raises ValueError for an invalid address."""
        site, recipient = SiteInfo.load(), ContactSettings.recipient()
        return OutgoingEmail(
            one_line(f"Re: {self.message.subject}"),
            self.body,
            format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
            [format_mailbox(self.message.email, self.message.name)],
            reply_to=[format_mailbox(recipient, site.name)] if recipient else None,
            headers=self.email_headers,
        )
