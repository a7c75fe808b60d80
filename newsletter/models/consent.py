"""Consent texts, the consent log and the suppression list."""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any, Never, Self

from django.db import models
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from plaintext.numbers import parse_pk
from privacy.email_addresses import hash_email

# The newsletter's privacy notice promises both periods.
TRUNCATE_IP_AFTER = timedelta(days=90)
DELETE_IP_AFTER = timedelta(days=3 * 365)
# Consent must be provable this long after the last event: the limitation period of most countries.
CONSENT_RECORD_LIFETIME = timedelta(days=3 * 365)


class AppendOnlyError(TypeError):
    """Raised when code changes or deletes a row that serves as evidence."""


class AppendOnlyQuerySet[T: models.Model](models.QuerySet[T]):
    """A queryset that refuses to update or delete its rows."""

    def update(self, **values: Any) -> Never:
        """Raise AppendOnlyError."""
        raise AppendOnlyError(f"{self.model.__name__} rows cannot be changed.")

    def delete(self) -> Never:
        """Raise AppendOnlyError."""
        raise AppendOnlyError(f"{self.model.__name__} rows cannot be deleted.")


class AppendOnlyModel(models.Model):
    """A row that cannot be changed or deleted once it is stored."""

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        """Insert the row. Raise AppendOnlyError if it is already stored."""
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} rows cannot be changed.")
        super().save(**kwargs | {"force_insert": True})

    def delete(self, using: Any = None, keep_parents: bool = False) -> Never:
        """Raise AppendOnlyError."""
        raise AppendOnlyError(f"{type(self).__name__} rows cannot be deleted.")


class ConsentTextQuerySet(AppendOnlyQuerySet["ConsentText"]):
    """Find and create versions of consent texts."""

    def current(self, key: str) -> "ConsentText":
        """Return the latest version for `key`, or the unsaved default. Never writes, so a GET may call it."""
        return self.filter(key=key).order_by("-version").first() or ConsentText(key=key, text=DEFAULT_TEXTS[key])

    def get_submitted(self, key: str, pk: str) -> "ConsentText":
        """Return the version whose `pk` a form submitted, or store and return the current one if `pk` is invalid."""
        if text := self.filter(key=key, pk=parse_pk(pk) or 0).first():
            return text
        return self.get_or_create_version(key, self.current(key).text)

    def get_or_create_version(self, key: str, text: str) -> "ConsentText":
        """Return the version of `key` that has this `text`. Create it if it is new."""
        if found := self.filter(key=key, text=text).first():
            return found
        return self.get_or_create(key=key, version=self.next_version(key), defaults={"text": text})[0]

    def next_version(self, key: str) -> int:
        """Return the version number for a new text of `key`."""
        return int(self.filter(key=key).aggregate(latest=Max("version"))["latest"] or 0) + 1


class ConsentText(AppendOnlyModel):
    """The exact text that subscribers agreed to. Each change creates a new version."""

    class Key(models.TextChoices):
        """Where the text is shown."""

        SIGNUP = "signup", "Sign-up form"
        GIFT = "gift", "Sign-up form with a gift"
        CONFIRM = "confirm", "Confirmation page"

    key = models.CharField("shown on", max_length=20, choices=Key)
    version = models.PositiveIntegerField(editable=False)
    text = models.TextField(
        max_length=1000,
        help_text="Say in plain words what people agree to: what they get, who sends it, how often, and that they can "
        "unsubscribe at any time. Saving adds a new version. Earlier versions are kept as proof of consent.",
    )
    created_at = models.DateTimeField("created", auto_now_add=True)

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        verbose_name = "consent text"
        ordering = ("key", "-version")
        constraints = [models.UniqueConstraint(fields=("key", "version"), name="newsletter_consenttext_version")]

    def __str__(self) -> str:
        return f"{self.get_key_display()}, version {self.version}"


# The texts of sign-up forms are part of cached pages, so they are defined here and not in the database.
DEFAULT_TEXTS: dict[str, str] = {
    ConsentText.Key.SIGNUP: "We'll email you a link to confirm. Unsubscribe at any time with one click.",
    ConsentText.Key.GIFT: "We'll email you a link to confirm that you want our newsletter, and then your download. "
    "Unsubscribe at any time with one click.",
    ConsentText.Key.CONFIRM: "Yes, send me the newsletter. I can unsubscribe at any time with the link in every email.",
}


class ConsentEventQuerySet(AppendOnlyQuerySet["ConsentEvent"]):
    """Append to the consent log, and remove from it what data protection law requires."""

    def record(self, kind: str, subscriber: Any, **fields: Any) -> "ConsentEvent":
        """Add an event of `kind` for `subscriber`, with the given `fields` of ConsentEvent."""
        return self.create(kind=kind, subscriber=subscriber, email_hash=subscriber.email_hash, **fields)

    def anonymize(self) -> int:
        """Remove everything that identifies the person except the keyed hash. Return the number of events."""
        return models.QuerySet.update(
            self,
            subscriber=None,
            ip_address=None,
            user_agent="",
            page_path="",
            document_kind="",
            document_id=None,
            token_suffix="",
        )

    def truncate_ip_addresses(self) -> int:
        """Truncate IP addresses after 90 days and delete them after three years. Return the number of changes.

        The worker calls this.
        """
        now = timezone.now()
        expired = self.filter(occurred_at__lt=now - DELETE_IP_AFTER).exclude(ip_address=None, user_agent="")
        changed = models.QuerySet.update(expired, ip_address=None, user_agent="")
        whole = self.filter(occurred_at__lt=now - TRUNCATE_IP_AFTER, is_ip_truncated=False).exclude(ip_address=None)
        for event in whole[:500]:
            changed += models.QuerySet.update(
                self.filter(pk=event.pk), ip_address=truncate_ip(event.ip_address or ""), is_ip_truncated=True
            )
        return changed

    def delete_expired(self) -> int:
        """Delete all events of erased subscribers whose last event is three years old. Return the number deleted.

        The worker calls this.
        """
        cutoff = timezone.now() - CONSENT_RECORD_LIFETIME
        later = self.filter(email_hash=OuterRef("email_hash"), occurred_at__gte=cutoff)
        expired = self.filter(~Exists(later), subscriber=None, occurred_at__lt=cutoff)
        return models.QuerySet.delete(expired)[0]


class ConsentEvent(AppendOnlyModel):
    """An entry of the consent log: proof that a subscriber gave or withdrew consent."""

    class Kind(models.TextChoices):
        """What happened."""

        REQUESTED = "requested", "Requested to subscribe"
        EMAILED = "emailed", "Confirmation email sent"
        CONFIRMED = "confirmed", "Confirmed"
        IMPORTED = "imported", "Imported"
        CHANGED = "changed", "Changed preferences"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Marked as spam"
        EXPORTED = "exported", "Exported their data"
        TRACKING = "tracking", "Changed tracking consent"
        ERASED = "erased", "Erased"

    kind = models.CharField("event", max_length=12, choices=Kind)
    occurred_at = models.DateTimeField("time", default=timezone.now, db_index=True)
    subscriber = models.ForeignKey(
        "newsletter.Subscriber", on_delete=models.SET_NULL, null=True, related_name="consent_events"
    )
    email_hash = models.CharField(max_length=64, db_index=True)
    ip_address = models.GenericIPAddressField("IP address", null=True)
    is_ip_truncated = models.BooleanField(default=False)
    user_agent = models.CharField("browser", max_length=300, blank=True)
    # Which of the site's sign-up forms it was, or how the subscriber left.
    form = models.CharField(max_length=20, blank=True)
    page_path = models.CharField("page", max_length=300, blank=True)
    # The post or page with the form, by the name of its model, whatever its path is today.
    document_kind = models.CharField(max_length=20, blank=True)
    document_id = models.PositiveBigIntegerField(null=True)
    consent_text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, null=True, related_name="+")
    token_suffix = models.CharField(max_length=64, blank=True)
    # The source of an import, or the preferences chosen.
    note = models.CharField(max_length=500, blank=True)

    objects = ConsentEventQuerySet.as_manager()

    class Meta:
        ordering = ("occurred_at", "pk")
        indexes = [
            models.Index(
                fields=("occurred_at",), condition=Q(ip_address__isnull=False), name="newsletter_consent_ip_address"
            ),
            models.Index(
                fields=("document_kind", "document_id"),
                condition=Q(document_id__isnull=False),
                name="newsletter_consent_document",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.occurred_at:%Y-%m-%d %H:%M}"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    """Look up and maintain the suppression list."""

    def for_email(self, email: str) -> Self:
        """Return the entry for `email`, if any."""
        return self.filter(email_hash=hash_email(email))

    def add(self, email_hash: str, reason: str) -> None:
        """Suppress the email address with this hash. An entry that the owner made keeps its reason."""
        values = {"reason": reason, "suppressed_at": timezone.now()}
        if not self.get_or_create(email_hash=email_hash, defaults=values)[1]:
            self.filter(email_hash=email_hash).exclude(reason=Suppression.Reason.MANUAL).update(**values)

    def remove(self, email_hash: str) -> int:
        """Remove the entry after the person confirmed again, unless the owner made it. Return the number removed."""
        return self.filter(email_hash=email_hash).exclude(reason=Suppression.Reason.MANUAL).delete()[0]


class Suppression(models.Model):
    """An email address that gets no campaigns and cannot be imported, stored as a keyed hash only."""

    class Reason(models.TextChoices):
        """Why the email address is suppressed."""

        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        COMPLAINED = "complained", "Marked as spam"
        BOUNCED = "bounced", "Bounced"
        ERASED = "erased", "Erased on request"
        MANUAL = "manual", "Blocked by you"

    email_hash = models.CharField(max_length=64, unique=True, editable=False)
    reason = models.CharField(max_length=12, choices=Reason)
    suppressed_at = models.DateTimeField("since", default=timezone.now)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = "suppression list entry"
        verbose_name_plural = "suppression list"
        ordering = ("-suppressed_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=("unsubscribed", "complained", "bounced", "erased", "manual")),
                name="newsletter_suppression_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.email_hash[:8]}"


def truncate_ip(ip: str) -> str:
    """Return the network of `ip`: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address."""
    prefix_length = 24 if ip_address(ip).version == 4 else 48
    return str(ip_network(f"{ip}/{prefix_length}", strict=False).network_address)
