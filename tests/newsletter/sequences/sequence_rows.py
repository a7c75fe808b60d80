"""Sequences and subscribers for tests, and a clock that moves."""

from datetime import timedelta

from django.db.models import F

from newsletter.models import Delivery, Enrollment, Sequence, SequenceEmail, Subscriber, Topic
from newsletter.sequences import actions
from tests.factories import make_subscriber


def make_sequence(days: int = 5, *, is_active: bool = True, **fields: object) -> Sequence:
    """Create a sequence with an email for each of `days`, active unless `is_active` is False."""
    sequence = Sequence.objects.create(**{"name": "5 days to stronger ankles"} | fields)
    for day in range(days):
        make_email(sequence, day)
    if is_active:
        assert actions.activate(sequence)
        sequence.refresh_from_db()
    return sequence


def make_email(sequence: Sequence, day: int, **fields: object) -> SequenceEmail:
    """Create an email that is ready."""
    text = {"subject": f"Day {day}", "body": f"<p>The exercise of day {day}.</p>", "status": "ready"}
    return SequenceEmail.objects.create(sequence=sequence, day=day, **text | fields)


def confirm_subscribers(number: int, form: str = "page") -> list[Subscriber]:
    """Create subscribers who have just confirmed."""
    subscribers = [make_subscriber(status="pending", confirmed_at=None) for _ in range(number)]
    for subscriber in subscribers:
        subscriber.consent_events.create(kind="requested", email_hash=subscriber.email_hash, form=form)
        subscriber.confirm()
    return subscribers


def default_topic() -> Topic:
    """Return the topic that new subscribers get."""
    return Topic.objects.for_new_subscribers()[0]


def pass_time(**duration: float) -> None:
    """Move the clock by moving all rows back."""
    delta = timedelta(**duration)
    for rows, names in (
        (Enrollment.objects.all(), ("started_at", "next_at", "ended_at")),
        (Delivery.objects.all(), ("sent_at", "next_at")),
        (Sequence.objects.all(), ("paused_at",)),
    ):
        rows.update(**{name: F(name) - delta for name in names})
