"""Who is on the list, and what they want."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.utils import timezone

from newsletter.models.consent import PROOF_KEPT_FOR, ConsentEvent, Suppression
from newsletter.models.transitions import TransitionTable, transition
from newsletter.subscribers.email_addresses import email_hash, email_key
from newsletter.subscribers.tokens import PENDING_DAYS, Purpose
from public_forms.ratelimit import hit_key

PENDING_LASTS = timedelta(days=PENDING_DAYS)
MOST_MAILS_A_DAY = 3
# A stranger's address can be typed by anybody: this is the least time between two mails to it.
BETWEEN_REQUESTS = timedelta(minutes=15)
# Mail that comes back for now, on so many days with none that arrived between, comes back for good. A day that is
# longer ago counts no more.
MOST_SOFT_DAYS = 5
SOFT_DAY_COUNTS = timedelta(days=30)


class TopicQuerySet(models.QuerySet["Topic"]):
    """Topics, in order."""

    def for_newcomers(self) -> list["Topic"]:
        """What a new subscriber gets. A site that has no topic at all gets its first one here."""
        if not self.exists():
            self.get_or_create(slug="new-posts", defaults={"name": "New posts"})
        return list(self.filter(is_default=True))


class Topic(models.Model):
    """What somebody can subscribe to. Few and general: a choice of topic can tell of an illness."""

    name = models.CharField(
        max_length=80, help_text="As subscribers read it, such as “New posts”. Keep it general: no illness."
    )
    slug = models.SlugField(
        max_length=60, unique=True, help_text="Its short name in exports. Leave it once it is used."
    )
    description = models.CharField(max_length=200, blank=True, help_text="One line under the name, for subscribers.")
    is_public = models.BooleanField(
        "subscribers can choose it", default=True, help_text="Shown among their preferences. Otherwise only you set it."
    )
    is_default = models.BooleanField(
        "new subscribers get it", default=True, help_text="Ticked from the beginning for whoever signs up from now on."
    )
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """The list, its states and its upkeep."""

    def transition(self, expected: str, to: str, **values: Any) -> int:
        """Bring those that are `expected` to `to` (see TRANSITIONS); how many. The only way a status changes.

        Whoever leaves the list gets a new `token_epoch`: an old confirmation link must not bring them back.
        """
        now, status = timezone.now(), Subscriber.Status
        values |= {"status_at": now}
        if to == status.ACTIVE:
            values |= {"confirmed_at": now, "soft_score": 0, "soft_scored_on": None}
        else:
            values |= {"token_epoch": F("token_epoch") + 1}
        return transition(self, TRANSITIONS, "status", expected, to, **values)

    def of(self, address: str) -> Self:
        """The one with `address`, however it is typed; or none."""
        return self.filter(email_key=email_key(address))

    def holding(self, token: str, purpose: Purpose) -> "Subscriber | None":
        """Whose `token` it is; None if it is worth nothing, as that of somebody who has left or was erased.

        Unsubscribing takes tokens of every epoch: it harms nobody, and the mail may be years old.
        """
        if not (held := purpose.read(token)):
            return None
        found = self.filter(public_id=held[0])
        return (found if purpose is Purpose.UNSUBSCRIBE else found.filter(token_epoch=held[1])).first()

    def mailable(self) -> Self:
        """Those that campaigns may go to now: confirmed, not pausing, not suppressed."""
        suppressed = Suppression.objects.filter(email_hash=OuterRef("email_hash"))
        here = Q(paused_until__isnull=True) | Q(paused_until__lte=timezone.now())
        return self.filter(here, ~Exists(suppressed), status=Subscriber.Status.ACTIVE)

    def wanting(self, topic: Topic, *cadences: str) -> Self:
        """The mailable ones that want `topic` at one of `cadences`; at any if none is named."""
        wanted = Subscription.objects.filter(subscriber=OuterRef("pk"), topic=topic, is_wanted=True)
        if cadences:
            wanted = wanted.filter(cadence__in=cadences)
        return self.mailable().filter(Exists(wanted))

    def wanting_anything(self) -> Self:
        """The mailable ones, but for those who said of every topic that they do not want it."""
        choices = Subscription.objects.filter(subscriber=OuterRef("pk"))
        return self.mailable().filter(Exists(choices.filter(is_wanted=True)) | ~Exists(choices))

    def expire(self) -> int:
        """Erase those that never confirmed, a week after they were asked last; how many. For the worker.

        Also those that have long left: the hash that keeps them off the list stays.
        """
        now, status = timezone.now(), Subscriber.Status
        unconfirmed = Q(status=status.PENDING, requested_at__lt=now - PENDING_LASTS)
        left = Q(
            status__in=(status.UNSUBSCRIBED, status.BOUNCED, status.COMPLAINED), status_at__lt=now - PROOF_KEPT_FOR
        )
        old = self.filter(unconfirmed | left)
        return sum(subscriber.forget() for subscriber in old[:500])


class Subscriber(models.Model):
    """One address and where it stands. Erased means that the row is gone; a keyed hash of the address stays."""

    class Status(models.TextChoices):
        PENDING = "pending", "Not confirmed yet"
        ACTIVE = "active", "On the list"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Mail comes back"
        COMPLAINED = "complained", "Called it spam"

    # Stands for the person in links and Message-IDs.
    public_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    email = models.EmailField("e-mail address", help_text="As they typed it.")
    email_key = models.CharField(max_length=320, unique=True, editable=False)
    email_hash = models.CharField(max_length=64, unique=True, editable=False)
    status = models.CharField(
        max_length=12,
        choices=Status,
        default=Status.PENDING,
        help_text="Only the person brings it to “on the list”, with the link in the mail to them.",
    )
    status_at = models.DateTimeField("since", default=timezone.now, editable=False)
    name = models.CharField(max_length=120, blank=True, help_text="Came with an import; the form does not ask for it.")
    locale = models.CharField("language", max_length=15, blank=True, help_text="Such as en-us.")
    requested_at = models.DateTimeField("asked last", null=True, editable=False)
    confirmed_at = models.DateTimeField("confirmed", null=True, editable=False)
    paused_until = models.DateTimeField(
        "pauses until", null=True, blank=True, help_text="No mail before that; they choose it among their preferences."
    )
    soft_score = models.PositiveSmallIntegerField(default=0, editable=False)
    soft_scored_on = models.DateField(null=True, editable=False)
    tracking_consent_at = models.DateTimeField(null=True, editable=False)
    # Part of every signed link. Raised, it makes all older ones worthless.
    token_epoch = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField("first seen", auto_now_add=True)
    topics = models.ManyToManyField(Topic, through="Subscription", related_name="subscribers")

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        permissions = [
            ("export_subscriber", "Can export subscribers"),
            ("import_subscriber", "Can import subscribers"),
        ]
        indexes = [models.Index(fields=("status", "requested_at"), name="newsletter_subscriber_status")]
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
        # Nothing of the address: the desk's log keeps this longer than the row.
        return f"Subscriber {self.pk}"

    def save(self, **kwargs: Any) -> None:
        """Save it with what follows from the address."""
        self.email_key, self.email_hash = email_key(self.email), email_hash(self.email)
        self.locale = self.locale or settings.LANGUAGE_CODE
        super().save(**kwargs)

    def link(self, purpose: Purpose) -> str:
        """The whole address of the page of `purpose`, for a mail to this person and to nobody else."""
        return purpose.link(self.public_id, self.token_epoch)

    # ---- What the person does ----------------------------------------------------------------------
    # `facts` is what the consent log keeps of it: see newsletter.subscribers.consent_log.

    def ask(self, **facts: Any) -> bool:
        """Somebody typed this address into a form: queue the mail that fits; False if one went out not long ago.

        The same work whatever the status is, so that nobody learns it from how long it takes.
        """
        now = timezone.now()
        quiet = Q(requested_at__isnull=True) | Q(requested_at__lte=now - BETWEEN_REQUESTS)
        with transaction.atomic():
            if not Subscriber.objects.filter(quiet, pk=self.pk).update(requested_at=now):
                return False
            if not hit_key(f"newsletter mails {self.email_hash}", limit=MOST_MAILS_A_DAY):
                return False
            ConsentEvent.objects.record(ConsentEvent.Kind.REQUESTED, self, **facts)
            self.mails.create(kind="manage" if self.status == self.Status.ACTIVE else "confirm")
        return True

    def confirm(self, **facts: Any) -> None:
        """They are on the list from now on; nothing if they are already."""
        with transaction.atomic():
            rows = Subscriber.objects.filter(pk=self.pk)
            # From the state in which they asked only: who has left since must not come back by this.
            if self.status == self.Status.ACTIVE or not rows.transition(self.status, self.Status.ACTIVE):
                return
            self.status = self.Status.ACTIVE
            Suppression.objects.lift(self.email_hash)
            ConsentEvent.objects.record(ConsentEvent.Kind.CONFIRMED, self, **facts)
            for topic in Topic.objects.for_newcomers() if not self.subscriptions.exists() else ():
                self.subscriptions.create(topic=topic)
            self.mails.get_or_create(kind="welcome")

    def unsubscribe(self, **facts: Any) -> None:
        """They get nothing more, from now on; nothing changes for who has left already."""
        with transaction.atomic():
            rows, left = Subscriber.objects.filter(pk=self.pk), self.Status.UNSUBSCRIBED
            # Whichever of the two it is by now: a bounce may come in at the same moment.
            if rows.transition(self.Status.ACTIVE, left) or rows.transition(self.Status.BOUNCED, left):
                Suppression.objects.add(self.email_hash, Suppression.Reason.UNSUBSCRIBED)
                ConsentEvent.objects.record(ConsentEvent.Kind.UNSUBSCRIBED, self, **facts)

    # ---- What the mail provider tells --------------------------------------------------------------

    def bounce(self, **facts: Any) -> None:
        """Mail to them comes back for good: nothing more goes there until they confirm anew."""
        self._lose(self.Status.BOUNCED, (self.Status.PENDING, self.Status.ACTIVE), Suppression.Reason.HARD, facts)

    def complain(self, **facts: Any) -> None:
        """They called it spam: nothing more goes there until they confirm anew."""
        anywhere = [status for status in self.Status if self.Status.COMPLAINED in TRANSITIONS[status]]
        self._lose(self.Status.COMPLAINED, anywhere, Suppression.Reason.COMPLAINT, facts)

    def _lose(self, to: str, expected: Iterable[str], reason: str, facts: Any) -> None:
        with transaction.atomic():
            rows = Subscriber.objects.filter(pk=self.pk)
            # Whichever it is by now: they may leave at the same moment.
            if any(rows.transition(status, to) for status in expected):
                Suppression.objects.add(self.email_hash, reason)
                ConsentEvent.objects.record(to, self, **facts)

    def bounce_softly(self, **facts: Any) -> None:
        """Mail to them comes back for now. Counted once a day; on the fifth day it is `bounce`."""
        today = timezone.localdate()
        rows = Subscriber.objects.filter(pk=self.pk)
        score = Case(When(soft_scored_on__gte=today - SOFT_DAY_COUNTS, then=F("soft_score") + 1), default=1)
        unscored = rows.filter(Q(soft_scored_on=None) | Q(soft_scored_on__lt=today))
        unscored.update(soft_score=score, soft_scored_on=today)
        if rows.filter(soft_score__gte=MOST_SOFT_DAYS).exists():
            self.bounce(**facts)

    def reached(self) -> None:
        """Mail to them arrived."""
        Subscriber.objects.filter(pk=self.pk, soft_score__gt=0).update(soft_score=0)

    def forget(self) -> int:
        """Take the row out with all that tells who it was, from the consent log and from mails too; always 1."""
        with transaction.atomic():
            self.deliveries.forget_address()
            self.consent_events.forget_person()
            self.delete()
        return 1

    def erase(self) -> None:
        """As the person or the owner asks: `forget`, and keep only the hash, so that no import brings them back."""
        with transaction.atomic():
            ConsentEvent.objects.create(kind=ConsentEvent.Kind.ERASED, subscriber=self, email_hash=self.email_hash)
            Suppression.objects.add(self.email_hash, Suppression.Reason.ERASED)
            self.forget()


_STATUS = Subscriber.Status
# Back to the list leads only a confirmation by the person. A complaint may follow when somebody has long left.
TRANSITIONS: TransitionTable = {
    _STATUS.PENDING: frozenset({_STATUS.ACTIVE, _STATUS.BOUNCED, _STATUS.COMPLAINED}),
    _STATUS.ACTIVE: frozenset({_STATUS.UNSUBSCRIBED, _STATUS.BOUNCED, _STATUS.COMPLAINED}),
    _STATUS.UNSUBSCRIBED: frozenset({_STATUS.ACTIVE, _STATUS.COMPLAINED}),
    _STATUS.BOUNCED: frozenset({_STATUS.ACTIVE, _STATUS.UNSUBSCRIBED, _STATUS.COMPLAINED}),
    _STATUS.COMPLAINED: frozenset({_STATUS.ACTIVE}),
}


class Subscription(models.Model):
    """Whether somebody wants a topic, and how often."""

    class Cadence(models.TextChoices):
        INSTANT = "instant", "Each time something new appears"
        WEEKLY = "weekly", "Once a week, all in one mail"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="subscriptions")
    is_wanted = models.BooleanField("wanted", default=True)
    cadence = models.CharField(max_length=8, choices=Cadence, default=Cadence.INSTANT)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("subscriber", "topic"), name="newsletter_subscription_once"),
            models.CheckConstraint(
                condition=Q(cadence__in=("instant", "weekly")), name="newsletter_subscription_cadence"
            ),
        ]
        indexes = [models.Index(fields=("topic", "cadence", "is_wanted"), name="newsletter_subscription_topic")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.get_cadence_display() if self.is_wanted else 'no'}"
