"""Sequences: a short series of emails that each new subscriber gets, counted from the day of the confirmation."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import F, Q, Subquery
from django.utils import timezone

from newsletter.models.consent import ConsentEvent
from newsletter.models.subscribers import Subscriber, Topic
from newsletter.models.transitions import TransitionTable, transition
from richtext.references import ReferenceSource


class SequenceQuerySet(models.QuerySet["Sequence"]):
    """Select sequences and change their status."""

    def transition(self, expected: str, to: str, **values: Any) -> int:
        """Change the status of rows from `expected` to `to` (see TRANSITIONS) and return their number.

        All status changes go through here.
        """
        now = timezone.now()
        if to == Sequence.Status.ACTIVE:
            values |= {"paused_at": None, "pause_reason": ""}
            if expected == Sequence.Status.DRAFT:
                values |= {"activated_at": now}
        elif to == Sequence.Status.PAUSED:
            values |= {"paused_at": now}
        return transition(self, TRANSITIONS, "status", expected, to, **values)

    def for_new_subscriber(self, subscriber: Subscriber) -> Self:
        """Return the sequences that start for `subscriber`, who has just confirmed."""
        topics = subscriber.subscriptions.filter(is_subscribed=True).values("topic")
        requests = ConsentEvent.objects.filter(subscriber=subscriber, kind=ConsentEvent.Kind.REQUESTED)
        last_form = Subquery(requests.order_by("-occurred_at", "-pk").values("form")[:1])
        open_to_new = (Sequence.Status.ACTIVE, Sequence.Status.PAUSED)
        matching = self.filter(Q(topic=None) | Q(topic__in=topics), status__in=open_to_new)
        return matching.filter(Q(form="") | Q(form=last_form))


class Sequence(models.Model):
    """A series of emails to new subscribers: all of them, those of a topic, or those who used a sign-up form."""

    class Status(models.TextChoices):
        """The steps from draft to ended; see TRANSITIONS."""

        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        ENDED = "ended", "Ended"

    class Form(models.TextChoices):
        """The site's sign-up forms, as the consent log records them."""

        PAGE = "page", "Newsletter page"
        SIDEBAR = "sidebar", "Sidebar"
        FOOTER = "footer", "Footer"
        POST = "post", "End of a post"
        TEXT = "text", "Inside a text"
        HOME = "home", "Home page"

    name = models.CharField(
        max_length=120, help_text="For you only, such as “5 days to stronger ankles”. Subscribers don't see it."
    )
    topic = models.ForeignKey(
        Topic,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sequences",
        help_text="For new subscribers of this topic. Ends for those who leave the topic. Leave empty for all topics.",
    )
    form = models.CharField(
        "sign-up form",
        max_length=20,
        choices=Form,
        blank=True,
        help_text="For people who used this form. Leave empty for all forms.",
    )
    status = models.CharField(max_length=6, choices=Status, default=Status.DRAFT, editable=False)
    activated_at = models.DateTimeField(null=True, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    pause_reason = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SequenceQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=("draft", "active", "paused", "ended")), name="newsletter_sequence_status"
            ),
            models.CheckConstraint(
                condition=Q(status="draft", activated_at__isnull=True)
                | (~Q(status="draft") & Q(activated_at__isnull=False)),
                name="newsletter_sequence_activated",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def audience(self) -> models.QuerySet[Subscriber]:
        """Return everyone who may get the sequence's emails now, whether or not they have started."""
        if self.topic is None:
            return Subscriber.objects.subscribed_to_any()
        return Subscriber.objects.subscribed_to(self.topic)


_SEQUENCE = Sequence.Status
TRANSITIONS: TransitionTable = {
    _SEQUENCE.DRAFT: frozenset({_SEQUENCE.ACTIVE}),
    _SEQUENCE.ACTIVE: frozenset({_SEQUENCE.PAUSED, _SEQUENCE.ENDED}),
    _SEQUENCE.PAUSED: frozenset({_SEQUENCE.ACTIVE, _SEQUENCE.ENDED}),
    _SEQUENCE.ENDED: frozenset(),
}


class SequenceEmail(ReferenceSource):
    """One email of a sequence. Changes apply to the people who have not got it yet."""

    reference_fields = ("body",)
    is_content = False

    class Status(models.TextChoices):
        """Whether it is sent."""

        DRAFT = "draft", "Draft"
        READY = "ready", "Ready"

    sequence = models.ForeignKey(
        Sequence, on_delete=models.CASCADE, related_name="emails", help_text="The sequence that sends this email."
    )
    day = models.PositiveSmallIntegerField(
        default=0, help_text="Days after the confirmation. 0 means at once. Each person gets at most one email a day."
    )
    position = models.PositiveSmallIntegerField(
        "order", default=0, help_text="Lower numbers come first among emails of the same day."
    )
    status = models.CharField(
        max_length=5, choices=Status, default=Status.DRAFT, help_text="Only emails that are ready are sent."
    )
    subject = models.CharField(max_length=150, help_text="Keep it under 60 characters, or phones will cut it off.")
    preheader = models.CharField(
        max_length=150, blank=True, help_text="Preview text that mail clients show after the subject."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)
    # Raised on every save in the admin, so that a form that was opened before notices it.
    version = models.PositiveIntegerField(default=1, editable=False)
    body = models.TextField("text", blank=True)

    autosaves = GenericRelation("publishing.Autosave")
    last_saves = GenericRelation("publishing.LastSave")

    class Meta:
        ordering = ("day", "position", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=("draft", "ready")), name="newsletter_sequenceemail_status"),
        ]

    def __str__(self) -> str:
        return self.subject


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    """Start and end sequences for subscribers."""

    def enroll(self, subscriber: Subscriber) -> None:
        """Start the sequences for `subscriber`, who has just confirmed. Nobody starts the same sequence twice."""
        now = timezone.now()
        sequences = Sequence.objects.for_new_subscriber(subscriber)
        rows = [
            Enrollment(sequence_id=pk, subscriber=subscriber, started_at=now, next_at=now)
            for pk in sequences.values_list("pk", flat=True)
        ]
        Enrollment.objects.bulk_create(rows, ignore_conflicts=True)

    def running(self) -> Self:
        """Return the enrollments that have not ended."""
        return self.filter(status=Enrollment.Status.RUNNING)

    def due(self, now: datetime) -> Self:
        """Return the running enrollments whose next email is due at `now`."""
        return self.running().filter(next_at__lte=now)

    def end(self, status: str) -> int:
        """End the running enrollments with `status` and return their number."""
        return self.running().update(status=status, next_at=None, ended_at=timezone.now())

    def check_again(self) -> int:
        """Have the worker look for the next email of the running enrollments again; return their number."""
        now = timezone.now()
        return self.running().filter(next_at__gt=now).update(next_at=now)

    def shift(self, since: datetime) -> int:
        """Move the running enrollments by the time from `since` to now, as if that time had not passed."""
        now = timezone.now()
        during = self.running().filter(started_at__gte=since).update(started_at=now, next_at=now)
        before = self.running().filter(started_at__lt=since)
        return during + before.update(started_at=F("started_at") + (now - since), next_at=now)


class Enrollment(models.Model):
    """How far a subscriber is in a sequence."""

    class Status(models.TextChoices):
        """Whether more emails follow, and why not."""

        RUNNING = "running", "Running"
        FINISHED = "finished", "Got all emails"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Marked as spam"
        LEFT_TOPIC = "left_topic", "Left the topic"
        BLOCKED = "blocked", "Blocked"
        ENDED = "ended", "The sequence was ended"

    sequence = models.ForeignKey(Sequence, on_delete=models.CASCADE, related_name="enrollments")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="enrollments")
    status = models.CharField(max_length=12, choices=Status, default=Status.RUNNING)
    # Day 0. Moved forward by the time that the sequence was paused.
    started_at = models.DateTimeField()
    # When to look for the next email: at the latest when it is due. The worker finds out which one it is.
    next_at = models.DateTimeField(null=True)
    last_email = models.ForeignKey(SequenceEmail, on_delete=models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        indexes = [
            models.Index(
                fields=("sequence", "next_at"), condition=Q(status="running"), name="newsletter_enrollment_due"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=("sequence", "subscriber"), name="newsletter_enrollment_once"),
            models.CheckConstraint(
                condition=Q(
                    status__in=(
                        "running",
                        "finished",
                        "unsubscribed",
                        "bounced",
                        "complained",
                        "left_topic",
                        "blocked",
                        "ended",
                    )
                ),
                name="newsletter_enrollment_status",
            ),
            models.CheckConstraint(
                condition=Q(status="running", next_at__isnull=False, ended_at__isnull=True)
                | (~Q(status="running") & Q(next_at__isnull=True, ended_at__isnull=False)),
                name="newsletter_enrollment_running_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Enrollment {self.pk}"

    def due_at(self, email: SequenceEmail) -> datetime:
        """Return when `email` is due for this subscriber."""
        return self.started_at + timedelta(days=email.day)
