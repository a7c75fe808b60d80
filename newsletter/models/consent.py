"""What people agreed to, in which words, when and where; and whom never to mail again."""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any, Never, Self

from django.db import models
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from newsletter.subscribers.email_addresses import email_hash

# The privacy notice of the list: networks are cut short after this, and gone after that.
NETWORK_WHOLE_FOR = timedelta(days=90)
NETWORK_KEPT_FOR = timedelta(days=3 * 365)
# The whole proof, from the last thing that happened: as long as somebody may ask for it in most courts.
PROOF_KEPT_FOR = timedelta(days=3 * 365)


class UnchangeableError(TypeError):
    """Somebody wanted to change a row that is evidence."""


class EvidenceQuerySet[T: models.Model](models.QuerySet[T]):
    """Rows that are added and read, and neither changed nor deleted."""

    def update(self, **values: Any) -> Never:
        raise UnchangeableError(f"{self.model.__name__}: rows are evidence and stay as they are.")

    def delete(self) -> Never:
        raise UnchangeableError(f"{self.model.__name__}: rows are evidence and stay.")


class Evidence(models.Model):
    """A row that stays as it was written."""

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        """Add it; UnchangeableError for one that is stored."""
        if not self._state.adding:
            raise UnchangeableError(f"{type(self).__name__}: rows are evidence and stay as they are.")
        super().save(**kwargs | {"force_insert": True})

    def delete(self, using: Any = None, keep_parents: bool = False) -> Never:
        raise UnchangeableError(f"{type(self).__name__}: rows are evidence and stay.")


class ConsentTextQuerySet(EvidenceQuerySet["ConsentText"]):
    """Wordings and their versions."""

    def current(self, key: str) -> "ConsentText":
        """The latest wording for `key`; our own, unsaved, where the owner has written none. A GET stores nothing."""
        return self.filter(key=key).order_by("-version").first() or ConsentText(key=key, text=FIRST_WORDS[key])

    def said(self, key: str, number: str) -> "ConsentText":
        """The wording with this `number`, which a form carries along; the latest if it carries none of `key`."""
        found = self.filter(key=key, pk=number).first() if number.isdecimal() and len(number) < 19 else None
        return found or self.shown(key, self.current(key).text)

    def shown(self, key: str, text: str) -> "ConsentText":
        """The version of `key` that says `text`, made now if it is new: for words that stand in a template."""
        if found := self.filter(key=key, text=text).first():
            return found
        return self.get_or_create(key=key, version=self.next_version(key), defaults={"text": text})[0]

    def next_version(self, key: str) -> int:
        """The number that a new wording for `key` gets."""
        return int(self.filter(key=key).aggregate(latest=Max("version"))["latest"] or 0) + 1


class ConsentText(Evidence):
    """The exact words that somebody agreed to. A new wording is a new version."""

    class Key(models.TextChoices):
        JOIN = "join", "Beside the sign-up form"
        CONFIRM = "confirm", "On the page that confirms"

    key = models.CharField("where", max_length=20, choices=Key, help_text="Where people read these words.")
    version = models.PositiveIntegerField(editable=False)
    text = models.TextField(
        "words",
        max_length=1000,
        help_text="What people agree to, in plain words: what they get, from whom, how often, and that they can leave "
        "at any time. Saved as a new version; what earlier subscribers read is kept.",
    )
    created_at = models.DateTimeField("since", auto_now_add=True)

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        verbose_name = "wording"
        ordering = ("key", "-version")
        constraints = [models.UniqueConstraint(fields=("key", "version"), name="newsletter_consenttext_version")]

    def __str__(self) -> str:
        return f"{self.get_key_display()}, version {self.version}"


# What stands beside the form is part of a page that is kept for all readers, so it lives here and not in a row.
FIRST_WORDS: dict[str, str] = {
    ConsentText.Key.JOIN: "You get a mail with a link to confirm. Leave at any time with one click.",
    ConsentText.Key.CONFIRM: "Yes, mail me the newsletter. I can leave at any time with the link in every mail.",
}


class ConsentEventQuerySet(EvidenceQuerySet["ConsentEvent"]):
    """The consent log. Only what the law wants forgotten is ever taken out of it."""

    def record(self, kind: str, subscriber: Any, **facts: Any) -> "ConsentEvent":
        """Add what `subscriber` did now, with the `facts` that are known."""
        return self.create(kind=kind, subscriber=subscriber, email_hash=subscriber.email_hash, **facts)

    def forget_person(self) -> int:
        """Take out all that tells who it was, but for the keyed hash; how many."""
        return models.QuerySet.update(self, subscriber=None, ip=None, agent="", page="", token_id="")

    def forget_networks(self) -> int:
        """Cut networks short after 90 days, and take them out after three years; how many. For the worker."""
        now, number = timezone.now(), 0
        old = self.filter(at__lt=now - NETWORK_KEPT_FOR).exclude(ip=None, agent="")
        number += models.QuerySet.update(old, ip=None, agent="")
        for event in self.filter(at__lt=now - NETWORK_WHOLE_FOR, is_ip_short=False).exclude(ip=None)[:500]:
            number += models.QuerySet.update(self.filter(pk=event.pk), ip=shortened(event.ip or ""), is_ip_short=True)
        return number

    def forget_ended(self) -> int:
        """Erase all about addresses that are gone and of which nothing was heard for three years; how many.

        For the worker.
        """
        cut = timezone.now() - PROOF_KEPT_FOR
        later = self.filter(email_hash=OuterRef("email_hash"), at__gte=cut)
        ended = self.filter(~Exists(later), subscriber=None, at__lt=cut)
        return models.QuerySet.delete(ended)[0]


class ConsentEvent(Evidence):
    """One thing that somebody agreed to or took back: the proof, in the order of time."""

    class Kind(models.TextChoices):
        REQUESTED = "requested", "Asked to join"
        MAILED = "mailed", "Confirmation mail sent"
        CONFIRMED = "confirmed", "Confirmed"
        IMPORTED = "imported", "Imported"
        CHANGED = "changed", "Changed preferences"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Mail came back"
        COMPLAINED = "complained", "Called it spam"
        EXPORTED = "exported", "Took their data"
        TRACKING = "tracking", "Allowed or forbade tracking"
        ERASED = "erased", "Erased"

    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    subscriber = models.ForeignKey(
        "newsletter.Subscriber", on_delete=models.SET_NULL, null=True, related_name="consent_events"
    )
    email_hash = models.CharField(max_length=64, db_index=True)
    ip = models.GenericIPAddressField("address in the net", null=True)
    is_ip_short = models.BooleanField(default=False)
    agent = models.CharField("browser", max_length=300, blank=True)
    form = models.CharField(max_length=20, blank=True)
    page = models.CharField(max_length=300, blank=True)
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, null=True, related_name="+")
    token_id = models.CharField(max_length=64, blank=True)
    # What else belongs to it, in words: the source of an import, the choices made.
    note = models.CharField(max_length=500, blank=True)

    objects = ConsentEventQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        indexes = [
            models.Index(fields=("at",), condition=Q(ip__isnull=False), name="newsletter_consent_networks"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    """Whom never to mail, without knowing their addresses."""

    def of(self, address: str) -> Self:
        """The row for `address`, or none."""
        return self.filter(email_hash=email_hash(address))

    def add(self, hashed: str, reason: str) -> None:
        """Suppress the address with this hash. What the owner blocked stays blocked by the owner."""
        values = {"reason": reason, "at": timezone.now()}
        if not self.get_or_create(email_hash=hashed, defaults=values)[1]:
            self.filter(email_hash=hashed).exclude(reason=Suppression.Reason.MANUAL).update(**values)

    def lift(self, hashed: str) -> int:
        """End it, since the person confirmed anew; how many. Not what the owner blocked by hand."""
        return self.filter(email_hash=hashed).exclude(reason=Suppression.Reason.MANUAL).delete()[0]


class Suppression(models.Model):
    """An address, known by its keyed hash only, that gets no campaign and that no import brings back."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        COMPLAINT = "complaint", "Called it spam"
        HARD = "hard", "Mail comes back for good"
        ERASED = "erased", "Asked to be erased"
        MANUAL = "manual", "Blocked by you"

    email_hash = models.CharField(max_length=64, unique=True, editable=False)
    reason = models.CharField(max_length=12, choices=Reason)
    at = models.DateTimeField("since", default=timezone.now)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = "suppressed address"
        verbose_name_plural = "suppressed addresses"
        ordering = ("-at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=("unsubscribed", "complaint", "hard", "erased", "manual")),
                name="newsletter_suppression_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.email_hash[:8]}"


def shortened(ip: str) -> str:
    """The network of `ip`: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one."""
    width = 24 if ip_address(ip).version == 4 else 48
    return str(ip_network(f"{ip}/{width}", strict=False).network_address)
