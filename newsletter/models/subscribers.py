"""Subscribers, the topics they can choose, and their subscriptions."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.utils import timezone

from blog.models import Post
from newsletter.models.consent import CONSENT_RECORD_LIFETIME, ConsentEvent, Suppression
from newsletter.models.transitions import TransitionTable, transition
from newsletter.tokens import CONFIRMATION_DAYS, TokenPurpose
from privacy.email_addresses import hash_email, normalize_email
from public_forms.ratelimit import hit_key

CONFIRMATION_LIFETIME = timedelta(days=CONFIRMATION_DAYS)
# Anyone can enter a stranger's email address into the sign-up form, so emails to one address are limited.
MIN_REQUEST_INTERVAL = timedelta(minutes=15)
MAX_REQUEST_EMAILS_PER_DAY = 3
# This many days with a soft bounce, and no delivery in between, count as a hard bounce. Older soft bounces expire.
SOFT_BOUNCE_LIMIT = 5
SOFT_BOUNCE_WINDOW = timedelta(days=30)
# Rows that a cleanup run of the worker handles at most.
CLEANUP_BATCH_SIZE = 500


class TopicQuerySet(models.QuerySet["Topic"]):
    """Select topics."""

    def for_new_subscribers(self) -> list["Topic"]:
        """Return the default topics. If the site has no topics at all, create the first one."""
        if not self.exists():
            self.get_or_create(slug="new-posts", defaults={"name": "New posts"})
        return list(self.filter(is_default=True))


class Topic(models.Model):
    """A newsletter list that subscribers can choose. Topics are general, so that a choice reveals no illness."""

    name = models.CharField(
        max_length=80,
        help_text="The name subscribers see, such as “New posts”. Keep it general, without naming a health condition.",
    )
    slug = models.SlugField(
        max_length=60, unique=True, help_text="Identifies the topic in exports. Don't change it once it is in use."
    )
    description = models.CharField(
        max_length=200, blank=True, help_text="One line that subscribers see below the name."
    )
    is_public = models.BooleanField(
        "subscribers can choose it",
        default=True,
        help_text="Shown on the preferences page. If unchecked, subscribers get this topic only through an import.",
    )
    is_default = models.BooleanField(
        "new subscribers get it", default=True, help_text="Selected by default for new subscribers."
    )
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """Find subscribers, change their status and delete expired ones."""

    def transition(self, expected: str, to: str, **values: Any) -> int:
        """Change the status of rows from `expected` to `to` (see TRANSITIONS) and return their number.

        All status changes go through here. Leaving the list raises `token_version`, so that an old confirmation link
        cannot resubscribe anyone.
        """
        now, status = timezone.now(), Subscriber.Status
        values |= {"status_changed_at": now}
        if to == status.ACTIVE:
            values |= {"confirmed_at": now, "soft_bounce_count": 0, "last_soft_bounce_on": None}
        else:
            values |= {"token_version": F("token_version") + 1}
        return transition(self, TRANSITIONS, "status", expected, to, **values)

    def for_email(self, email: str) -> Self:
        """Return the subscriber with `email`, if any, ignoring case and other spelling differences."""
        return self.filter(normalized_email=normalize_email(email))

    def get_or_add(self, email: str) -> "Subscriber":
        """Return the subscriber with `email`, adding an unconfirmed one if there is none.

        Unlike get_or_create(), with the same statements for both, so that the time of a response does not reveal which.
        """
        subscriber = Subscriber(email=email)
        subscriber.set_derived_fields()
        Subscriber.objects.bulk_create([subscriber], ignore_conflicts=True)
        return self.get(normalized_email=subscriber.normalized_email)

    def from_token(self, token: str, purpose: TokenPurpose) -> "Subscriber | None":
        """Return the subscriber that `token` was issued to, or None if the token is invalid, expired or outdated.

        Unsubscribe tokens of any version are valid: they do no harm, and the email may be years old.
        """
        verified = purpose.verify(token)
        if verified is None:
            return None
        public_id, version = verified
        found = self.filter(public_id=public_id)
        if purpose is not TokenPurpose.UNSUBSCRIBE:
            found = found.filter(token_version=version)
        return found.first()

    def mailable(self) -> Self:
        """Return the subscribers that campaigns may go to now: active, not paused, not suppressed."""
        suppressed = Suppression.objects.filter(email_hash=OuterRef("email_hash"))
        not_paused = Q(paused_until__isnull=True) | Q(paused_until__lte=timezone.now())
        return self.filter(not_paused, ~Exists(suppressed), status=Subscriber.Status.ACTIVE)

    def subscribed_to(self, topic: Topic, *cadences: str) -> Self:
        """Return the mailable subscribers who get `topic` at one of `cadences`, or at any cadence if none is given."""
        subscriptions = Subscription.objects.filter(subscriber=OuterRef("pk"), topic=topic, is_subscribed=True)
        if cadences:
            subscriptions = subscriptions.filter(cadence__in=cadences)
        return self.mailable().filter(Exists(subscriptions))

    def subscribed_to_any(self) -> Self:
        """Return the mailable subscribers, except those who opted out of every topic."""
        subscriptions = Subscription.objects.filter(subscriber=OuterRef("pk"))
        return self.mailable().filter(Exists(subscriptions.filter(is_subscribed=True)) | ~Exists(subscriptions))

    def delete_expired(self) -> int:
        """Delete unconfirmed subscribers after a week and former ones after three years. Return the number deleted.

        The worker calls this. The suppression list keeps the hashes of former subscribers.
        """
        now, status = timezone.now(), Subscriber.Status
        unconfirmed = Q(status=status.PENDING, confirmation_requested_at__lt=now - CONFIRMATION_LIFETIME)
        former = Q(
            status__in=(status.UNSUBSCRIBED, status.BOUNCED, status.COMPLAINED),
            status_changed_at__lt=now - CONSENT_RECORD_LIFETIME,
        )
        expired = list(self.filter(unconfirmed | former)[:CLEANUP_BATCH_SIZE])
        for subscriber in expired:
            subscriber.anonymize_and_delete()
        return len(expired)


class Subscriber(models.Model):
    """An email address and its status on the list. Erasing deletes the row and keeps only a keyed hash."""

    class Status(models.TextChoices):
        """Whether the subscriber gets emails, and why not."""

        PENDING = "pending", "Unconfirmed"
        ACTIVE = "active", "Active"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Marked as spam"

    # Identifies the subscriber in links and Message-IDs.
    public_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    email = models.EmailField("email address", help_text="As the subscriber entered it.")
    normalized_email = models.CharField(max_length=320, unique=True, editable=False)
    email_hash = models.CharField(max_length=64, unique=True, editable=False)
    status = models.CharField(
        max_length=12,
        choices=Status,
        default=Status.PENDING,
        help_text="A subscriber becomes active only by clicking the link in the confirmation email.",
    )
    status_changed_at = models.DateTimeField("since", default=timezone.now, editable=False)
    name = models.CharField(
        max_length=120, blank=True, help_text="Comes from an import. The sign-up form doesn't ask for it."
    )
    language_code = models.CharField("language", max_length=15, blank=True, help_text="Such as en-us.")
    confirmation_requested_at = models.DateTimeField("last request", null=True, editable=False)
    confirmed_at = models.DateTimeField("confirmed", null=True, editable=False)
    paused_until = models.DateTimeField(
        null=True, blank=True, help_text="No emails until then. Subscribers set this on their preferences page."
    )
    soft_bounce_count = models.PositiveSmallIntegerField(default=0, editable=False)
    last_soft_bounce_on = models.DateField(null=True, editable=False)
    tracking_consent_at = models.DateTimeField(null=True, editable=False)
    # Part of every signed link. Raising it invalidates all earlier links.
    token_version = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField("added", auto_now_add=True)
    topics = models.ManyToManyField(Topic, through="Subscription", related_name="subscribers")

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        permissions = [
            ("export_subscriber", "Can export subscribers"),
            ("import_subscriber", "Can import subscribers"),
        ]
        indexes = [models.Index(fields=("status", "confirmation_requested_at"), name="newsletter_subscriber_status")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=("pending", "active", "unsubscribed", "bounced", "complained")),
                name="newsletter_subscriber_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="active") | Q(confirmed_at__isnull=False),
                name="newsletter_subscriber_active_confirmed",
            ),
        ]

    def __str__(self) -> str:
        # Without the email address: the admin's log is kept longer than this row.
        return f"Subscriber {self.pk}"

    def save(self, **kwargs: Any) -> None:
        """Save the subscriber with the fields derived from the email address."""
        self.set_derived_fields()
        super().save(**kwargs)

    def set_derived_fields(self) -> None:
        """Set the fields that are derived from the email address, and the site's language if none is known."""
        self.normalized_email, self.email_hash = normalize_email(self.email), hash_email(self.email)
        self.language_code = self.language_code or settings.LANGUAGE_CODE

    def build_url(self, purpose: TokenPurpose) -> str:
        """Return the absolute URL of the page for `purpose`. It contains a token: send it to this subscriber only."""
        return purpose.build_url(self.public_id, self.token_version)

    # The methods below take fields of ConsentEvent as `event_fields`, usually from `consent_log.request_metadata`.

    def request_confirmation(self, gift_post: Post | None = None, **event_fields: Any) -> bool:
        """Queue a confirmation email; if already active, the gift of `gift_post`, or a link to the preferences.

        Return False if the last request is too recent. The work is the same for every status, so that response times
        do not reveal who is subscribed.
        """
        now = timezone.now()
        may_request = Q(confirmation_requested_at__isnull=True) | Q(
            confirmation_requested_at__lte=now - MIN_REQUEST_INTERVAL
        )
        with transaction.atomic():
            rows = Subscriber.objects.filter(pk=self.pk)
            if not rows.filter(may_request).update(confirmation_requested_at=now):
                return False
            if not hit_key(f"newsletter emails {self.email_hash}", limit=MAX_REQUEST_EMAILS_PER_DAY):
                return False
            ConsentEvent.objects.record(ConsentEvent.Kind.REQUESTED, self, **event_fields)
            # The row is locked, so a confirmation at the same moment comes before this or finds the email.
            is_active = rows.filter(status=self.Status.ACTIVE).exists()
            self.transactional_emails.queue_requested(self, gift_post, is_active=is_active)
        return True

    def confirm(self, **event_fields: Any) -> None:
        """Activate the subscriber. Do nothing if already active."""
        with transaction.atomic():
            rows = Subscriber.objects.filter(pk=self.pk)
            # Only from the status at the time of the request: confirming must not undo a later unsubscribe.
            if self.status == self.Status.ACTIVE or not rows.transition(self.status, self.Status.ACTIVE):
                return
            self.status = self.Status.ACTIVE
            Suppression.objects.remove(self.email_hash)
            ConsentEvent.objects.record(ConsentEvent.Kind.CONFIRMED, self, **event_fields)
            if not self.subscriptions.exists():
                for topic in Topic.objects.for_new_subscribers():
                    self.subscriptions.create(topic=topic)
            self.transactional_emails.get_or_create(kind="welcome")
            self.transactional_emails.queue_gifts(self)
            self.enrollments.enroll(self)

    def unsubscribe(self, **event_fields: Any) -> None:
        """Stop all emails, effective immediately. Do nothing if the subscriber has already left."""
        self._leave(
            self.Status.UNSUBSCRIBED,
            (self.Status.ACTIVE, self.Status.BOUNCED),
            Suppression.Reason.UNSUBSCRIBED,
            event_fields,
        )

    def mark_bounced(self, **event_fields: Any) -> None:
        """Stop all emails after a hard bounce, until the subscriber confirms again."""
        self._leave(
            self.Status.BOUNCED, (self.Status.PENDING, self.Status.ACTIVE), Suppression.Reason.BOUNCED, event_fields
        )

    def mark_complained(self, **event_fields: Any) -> None:
        """Stop all emails after a spam complaint, until the subscriber confirms again."""
        allowed = [status for status in self.Status if self.Status.COMPLAINED in TRANSITIONS[status]]
        self._leave(self.Status.COMPLAINED, allowed, Suppression.Reason.COMPLAINED, event_fields)

    def _leave(self, to: str, expected: Iterable[str], reason: str, event_fields: dict[str, Any]) -> None:
        """Change the status from any of `expected`, suppress the email address and record the event."""
        with transaction.atomic():
            rows = Subscriber.objects.filter(pk=self.pk)
            # Try each status: an unsubscribe and a bounce may arrive at the same moment.
            if any(rows.transition(status, to) for status in expected):
                Suppression.objects.add(self.email_hash, reason)
                ConsentEvent.objects.record(to, self, **event_fields)
                self.enrollments.end(to)

    def record_soft_bounce(self, **event_fields: Any) -> None:
        """Count a soft bounce, at most once a day. Mark the subscriber as bounced on the fifth day."""
        today = timezone.localdate()
        rows = Subscriber.objects.filter(pk=self.pk)
        count = Case(
            When(last_soft_bounce_on__gte=today - SOFT_BOUNCE_WINDOW, then=F("soft_bounce_count") + 1), default=1
        )
        not_counted_today = rows.filter(Q(last_soft_bounce_on=None) | Q(last_soft_bounce_on__lt=today))
        not_counted_today.update(soft_bounce_count=count, last_soft_bounce_on=today)
        if rows.filter(soft_bounce_count__gte=SOFT_BOUNCE_LIMIT).exists():
            self.mark_bounced(**event_fields)

    def reset_soft_bounces(self) -> None:
        """Reset the soft bounce count after a successful delivery."""
        Subscriber.objects.filter(pk=self.pk, soft_bounce_count__gt=0).update(soft_bounce_count=0)

    def anonymize_and_delete(self) -> None:
        """Delete the row and remove the personal data from its deliveries and consent events."""
        with transaction.atomic():
            self.deliveries.forget_addresses()
            self.consent_events.anonymize()
            self.delete()

    def erase(self) -> None:
        """Erase all personal data on request. The suppression list keeps a hash, so no import can add the address."""
        with transaction.atomic():
            ConsentEvent.objects.create(kind=ConsentEvent.Kind.ERASED, subscriber=self, email_hash=self.email_hash)
            Suppression.objects.add(self.email_hash, Suppression.Reason.ERASED)
            self.anonymize_and_delete()


_STATUS = Subscriber.Status
# Only a confirmation makes a subscriber ACTIVE again. A complaint may arrive long after an unsubscribe. An import may
# say that someone unconfirmed has unsubscribed elsewhere.
TRANSITIONS: TransitionTable = {
    _STATUS.PENDING: frozenset({_STATUS.ACTIVE, _STATUS.UNSUBSCRIBED, _STATUS.BOUNCED, _STATUS.COMPLAINED}),
    _STATUS.ACTIVE: frozenset({_STATUS.UNSUBSCRIBED, _STATUS.BOUNCED, _STATUS.COMPLAINED}),
    _STATUS.UNSUBSCRIBED: frozenset({_STATUS.ACTIVE, _STATUS.COMPLAINED}),
    _STATUS.BOUNCED: frozenset({_STATUS.ACTIVE, _STATUS.UNSUBSCRIBED, _STATUS.COMPLAINED}),
    _STATUS.COMPLAINED: frozenset({_STATUS.ACTIVE}),
}


class Subscription(models.Model):
    """Whether a subscriber gets a topic, and how often."""

    class Cadence(models.TextChoices):
        """How often emails go out."""

        INSTANT = "instant", "As soon as something is published"
        WEEKLY = "weekly", "Once a week, all in one email"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="subscriptions")
    is_subscribed = models.BooleanField("subscribed", default=True)
    cadence = models.CharField("how often", max_length=8, choices=Cadence, default=Cadence.INSTANT)
    updated_at = models.DateTimeField("updated", auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("subscriber", "topic"), name="newsletter_subscription_once"),
            models.CheckConstraint(
                condition=Q(cadence__in=("instant", "weekly")), name="newsletter_subscription_cadence"
            ),
        ]
        indexes = [models.Index(fields=("topic", "cadence", "is_subscribed"), name="newsletter_subscription_topic")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.get_cadence_display() if self.is_subscribed else 'not subscribed'}"
