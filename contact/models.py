"""What readers write to the site, what it answers them, and where the mail about both stands."""

from datetime import timedelta
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from solo.models import SingletonModel

from contact.headers import validate_mailable
from siteinfo.models import SiteInfo

# The page of the form promises this.
KEPT_AFTER_HANDLING = timedelta(days=365)
# Longer than a mail server may take for one mail with the time-outs that the settings set.
FIRST_SPACING = timedelta(minutes=5)
WIDEST_SPACING = timedelta(days=1)


class ContactSettings(SingletonModel):
    """How messages reach whoever answers them."""

    notify_address = models.EmailField(
        "send messages to",
        blank=True,
        validators=[validate_mailable],
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


class OutgoingQuerySet[T: "Outgoing"](models.QuerySet[T]):
    """What is still to be mailed."""

    def due(self) -> Self:
        """Those whose time has come, the longest waiting first."""
        return self.filter(next_attempt_at__lte=timezone.now()).order_by("next_attempt_at", "pk")

    def stuck(self) -> Self:
        """Those that could not be sent so far."""
        return self.filter(mailed_at__isnull=True).exclude(fault="")

    def try_again(self) -> int:
        """Make those that could not be sent due now; how many. None that is on its way is among them."""
        return self.stuck().update(next_attempt_at=timezone.now())


class Outgoing(models.Model):
    """A row that a mail is made of. It is its own place in the queue, so none can be lost between the two."""

    # In the mail's Message-ID, by which mail programs know a second copy.
    mail_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    # Null: nothing more is to be tried.
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now, editable=False)
    fault = models.CharField(max_length=300, editable=False)

    class Meta:
        abstract = True

    def claim(self) -> bool:
        """Take it for sending, and set when to try again should that fail; False if somebody else has taken it.

        One conditional UPDATE, which both databases run one after the other for the same row.
        """
        spacing = min(FIRST_SPACING * 2 ** min(self.attempts, 10), WIDEST_SPACING)
        unclaimed = type(self)._default_manager.filter(pk=self.pk, attempts=self.attempts, mailed_at__isnull=True)
        return bool(unclaimed.update(attempts=F("attempts") + 1, next_attempt_at=timezone.now() + spacing, fault=""))

    def note_mailed(self) -> None:
        """Keep that the mail server has taken it."""
        self._note(mailed_at=timezone.now(), next_attempt_at=None, fault="")

    def note_fault(self, fault: str, *, is_final: bool) -> None:
        """Keep why it could not be sent, in words for the desk; `is_final` if another try is useless."""
        self._note(fault=fault[:300], **({"next_attempt_at": None} if is_final else {}))

    def _note(self, **values: Any) -> None:
        type(self)._default_manager.filter(pk=self.pk).update(**values)

    @property
    def mail_state(self) -> str:
        """Where the mail stands, in words."""
        if self.mailed_at:
            return "Sent"
        if not self.fault:
            return "Not sent yet"
        return f"Not sent{'' if self.next_attempt_at else ', and not tried again'}: {self.fault}"


class MessageQuerySet(OutgoingQuerySet["Message"]):
    """The inbox and its upkeep."""

    def waiting(self) -> Self:
        """Those that nobody has dealt with."""
        return self.filter(handled_at__isnull=True)

    def due(self) -> Self:
        """As of all mails; what was dealt with on the desk needs no mail any more."""
        return super().due().waiting()

    def stuck(self) -> Self:
        return super().stuck().waiting()

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


class Message(Outgoing):
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
                condition=Q(mailed_at__isnull=True) | Q(next_attempt_at__isnull=True),
                name="contact_message_mailed_once",
            ),
        ]

    def __str__(self) -> str:
        # Nothing of what it says: the desk's log keeps this longer than the message.
        return f"Message {self.pk}"

    def save(self, **kwargs: Any) -> None:
        """Save it, with the time when it was dealt with if its state says so."""
        self.handled_at = None if self.state == self.State.NEW else self.handled_at or timezone.now()
        super().save(**kwargs)


class Reply(Outgoing):
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

    objects = OutgoingQuerySet["Reply"].as_manager()

    class Meta:
        ordering = ("created_at", "pk")
        verbose_name_plural = "replies"
        indexes = [models.Index(fields=("next_attempt_at",), name="contact_reply_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(mailed_at__isnull=True) | Q(next_attempt_at__isnull=True), name="contact_reply_mailed_once"
            )
        ]

    def __str__(self) -> str:
        return f"Reply to message {self.message_id}"
