"""What readers write to the site, what it answers them, and where the mail about both stands."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from solo.models import SingletonModel

from outbox.headers import format_mailbox, one_line, validate_deliverable
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

# The page of the form promises this.
KEPT_AFTER_HANDLING = timedelta(days=365)


class ContactSettings(SingletonModel):
    """How messages reach whoever answers them."""

    notify_address = models.EmailField(
        "send messages to",
        blank=True,
        validators=[validate_deliverable],
        help_text="Readers never see this address. Left empty, messages go to the site's public e-mail address; "
        "without either they are only shown here.",
    )

    class Meta:
        verbose_name = "where messages go"

    def __str__(self) -> str:
        return "Where messages go"

    @classmethod
    def recipient(cls) -> str:
        """The address that messages are mailed to; "" if there is none."""
        chosen = cls.objects.exclude(notify_address="").values_list("notify_address", flat=True)
        public = SiteInfo.objects.values_list("email", flat=True)
        return chosen.first() or public.first() or ""


class MessageQuerySet(QueuedEmailQuerySet["Message"]):
    """The inbox and its upkeep."""

    def waiting(self) -> Self:
        """Those that nobody has dealt with."""
        return self.filter(handled_at__isnull=True)

    def due(self) -> Self:
        """As of all mails; what was dealt with on the desk needs no mail any more, nor does one go to nobody."""
        return super().due().waiting() if ContactSettings.recipient() else self.none()

    def failed(self) -> Self:
        return super().failed().waiting()

    def move_to(self, state: "Message.State") -> int:
        """Give all of them `state`; how many there were. The time when one was dealt with first stays."""
        if state == Message.State.NEW:
            return self.update(state=state, handled_at=None)
        return self.update(state=state, handled_at=Coalesce("handled_at", timezone.now()))

    def of_the_same_people(self) -> "MessageQuerySet":
        """All messages from the addresses of these, however their letters are cased."""
        addresses = {address.lower() for address in self.values_list("email", flat=True)}
        return Message.objects.annotate(address=Lower("email")).filter(address__in=addresses)

    def erase_old(self) -> int:
        """Erase what was dealt with a year ago, replies included; how many rows."""
        return self.filter(handled_at__lt=timezone.now() - KEPT_AFTER_HANDLING).delete()[0]


class Message(QueuedEmail):
    """What a reader wrote with the contact form."""

    class State(models.TextChoices):
        NEW = "new", "New"
        ANSWERED = "answered", "Answered"
        ARCHIVED = "archived", "Archived"
        SPAM = "spam", "Spam"

    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail address", help_text="Nobody has checked that it belongs to them.")
    subject = models.CharField(max_length=150)
    body = models.TextField("message", help_text="Links in it cannot be clicked: look at them first.")
    state = models.CharField(
        max_length=10,
        choices=State,
        default=State.NEW,
        help_text="A reply from here makes it answered. What is no longer new is erased after twelve months.",
    )
    # Made from the form's own number, so that a double press is one message.
    submission = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField("received", auto_now_add=True)
    handled_at = models.DateTimeField("dealt with", null=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [
            models.Index(fields=("handled_at", "-created_at"), name="contact_message_inbox"),
            models.Index(fields=("next_attempt_at",), name="contact_message_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="new", handled_at__isnull=True)
                | Q(state__in=("answered", "archived", "spam"), handled_at__isnull=False),
                name="contact_message_new_or_dealt_with",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(next_attempt_at__isnull=True),
                name="contact_message_sent_once",
            ),
        ]

    def __str__(self) -> str:
        # Nothing of what it says: the desk's log keeps this longer than the message.
        return f"Message {self.pk}"

    def save(self, **kwargs: Any) -> None:
        """Save it, with the time when it was dealt with if its state says so."""
        self.handled_at = None if self.state == self.State.NEW else self.handled_at or timezone.now()
        super().save(**kwargs)

    def build_email(self) -> EmailMessage:
        """The mail that tells of it; an answer to it goes to whoever wrote. ValueError if impossible."""
        site = SiteInfo.objects.first() or SiteInfo()
        desk = absolute_url(reverse("admin:contact_message_change", args=[self.pk]))
        return EmailMessage(
            one_line(f"{self.subject} (message to {site.name})"),
            render_to_string("contact/email/message.txt", {"message": self, "desk": desk}),
            format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
            [format_mailbox(ContactSettings.recipient())],
            reply_to=[format_mailbox(self.email, self.name)],
            headers=self.email_headers,
        )


class Reply(QueuedEmail):
    """What somebody at the desk answered. It goes to the sender by mail, as it stands."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="replies", editable=False)
    body = models.TextField(
        "reply",
        max_length=20_000,
        help_text="Goes out as plain text within seconds. The lines with > at the end are what was asked.",
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

    def build_email(self) -> EmailMessage:
        """The mail that it is; an answer goes where messages go, if anywhere. ValueError if impossible."""
        site, recipient = SiteInfo.objects.first() or SiteInfo(), ContactSettings.recipient()
        return EmailMessage(
            one_line(f"Re: {self.message.subject}"),
            self.body,
            format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
            [format_mailbox(self.message.email, self.message.name)],
            reply_to=[format_mailbox(recipient, site.name)] if recipient else None,
            headers=self.email_headers,
        )
