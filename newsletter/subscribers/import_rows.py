"""Decide what an import does with each row, and write a batch of rows."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import NamedTuple, Self

from django.conf import settings
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from newsletter.models import ConsentEvent, Delivery, Subscriber, SubscriberEmail, Subscription, Suppression, Topic
from newsletter.subscribers.import_file import LEFT, ImportRow
from privacy.email_addresses import hash_email, normalize_email

NOT_SUBSCRIBED = "never"


class Action(Enum):
    """What the import does with a row."""

    ADD = "add"
    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    KEEP = "keep"
    # Not added, because the email address is on the suppression list.
    SUPPRESS = "suppress"


class PlannedRow(NamedTuple):
    """A row, what to do with it, and the status that the person has afterwards."""

    row: ImportRow
    action: Action
    status: str
    email_hash: str
    subscriber: Subscriber | None = None

    @property
    def description(self) -> str:
        """Return what happens to this person, in words."""
        label = str(dict(Subscriber.Status.choices).get(self.status, self.status))
        return {
            Action.ADD: f"Added: {label.lower()}",
            Action.CONFIRM: "On the list already: confirmed",
            Action.UNSUBSCRIBE: f"On the list already: {label.lower()}",
            Action.KEEP: "On the list already: not changed",
            Action.SUPPRESS: "Not added: on the suppression list",
        }[self.action]


class TopicChoice(NamedTuple):
    """The site's topics, and those that new subscribers get."""

    by_slug: dict[str, Topic]
    defaults: dict[str, str]

    @classmethod
    def load(cls) -> Self:
        """Load the topics. Create the first one if there is none."""
        defaults = Topic.objects.for_new_subscribers()
        return cls(
            {topic.slug: topic for topic in Topic.objects.all()},
            {topic.slug: Subscription.Cadence.INSTANT.value for topic in defaults},
        )

    def build_subscriptions(self, subscriber: Subscriber, wanted: dict[str, str]) -> Iterable[Subscription]:
        """Yield unsaved subscriptions for the topics in `wanted` that exist, or for the default ones if none does."""
        known = {slug: cadence for slug, cadence in wanted.items() if slug in self.by_slug}
        for slug, cadence in (known or self.defaults).items():
            is_known = cadence in Subscription.Cadence.values
            yield Subscription(
                subscriber=subscriber,
                topic=self.by_slug[slug],
                is_subscribed=cadence != NOT_SUBSCRIBED,
                cadence=cadence if is_known else Subscription.Cadence.INSTANT,
            )


def plan_batch(rows: list[ImportRow], *, are_confirmed: bool, is_locking: bool = False) -> list[PlannedRow]:
    """Return what to do with `rows`, which are different people. `is_locking` locks those on the list already."""
    keys = [normalize_email(row.email) for row in rows]
    hashes = [hash_email(row.email) for row in rows]
    found = Subscriber.objects.filter(normalized_email__in=keys).order_by("pk")
    existing = {each.normalized_email: each for each in (found.select_for_update() if is_locking else found)}
    suppressed = set(Suppression.objects.filter(email_hash__in=hashes).values_list("email_hash", flat=True))
    confirmable = _find_confirmable(existing.values())
    confirmed_here = _find_confirmations(
        [existing[key] for key, row in zip(keys, rows, strict=True) if key in existing and row.status in LEFT]
    )
    plan = []
    for row, key, email_hash in zip(rows, keys, hashes, strict=True):
        subscriber, status = existing.get(key), _resulting_status(row, are_confirmed)
        if subscriber is None:
            action = Action.SUPPRESS if email_hash in suppressed else Action.ADD
        elif status in LEFT:
            confirmed_at = confirmed_here.get(subscriber.pk)
            is_newer = bool(confirmed_at and row.left_at and confirmed_at > row.left_at)
            has_left = subscriber.status in LEFT
            action = Action.KEEP if is_newer or has_left else Action.UNSUBSCRIBE
        elif status == "active" and subscriber.pk in confirmable and email_hash not in suppressed:
            action = Action.CONFIRM
        else:
            action = Action.KEEP
        plan.append(PlannedRow(row, action, status, email_hash, subscriber))
    return plan


def _resulting_status(row: ImportRow, are_confirmed: bool) -> str:
    if row.status in ("", "active", "confirmed"):
        return "active" if row.status == "confirmed" or row.confirmed_at or are_confirmed else "pending"
    return row.status


def _find_confirmable(subscribers: Iterable[Subscriber]) -> set[int]:
    """Return those who were imported without a proof, and who neither signed up here nor got an email since."""
    pending = [each.pk for each in subscribers if each.status == Subscriber.Status.PENDING]
    events = ConsentEvent.objects.filter(subscriber=OuterRef("pk"))
    rows = Subscriber.objects.filter(
        Exists(events.filter(kind=ConsentEvent.Kind.IMPORTED)),
        ~Exists(events.exclude(kind=ConsentEvent.Kind.IMPORTED)),
        ~Exists(SubscriberEmail.objects.filter(subscriber=OuterRef("pk"))),
        ~Exists(Delivery.objects.filter(subscriber=OuterRef("pk"))),
        pk__in=pending,
    )
    return set(rows.values_list("pk", flat=True)) if pending else set()


def _find_confirmations(subscribers: list[Subscriber]) -> dict[int, datetime]:
    """Return when subscribers last clicked a confirmation link."""
    if not subscribers:
        return {}
    events = ConsentEvent.objects.filter(kind=ConsentEvent.Kind.CONFIRMED, subscriber__in=subscribers)
    return dict(events.values_list("subscriber").annotate(last=Max("occurred_at")).order_by())


def write_batch(plan: list[PlannedRow], source: str, topics: TopicChoice) -> None:
    """Write what `plan` says. Call it within a transaction that has locked the subscribers of the plan."""
    added = [each for each in plan if each.action is Action.ADD]
    subscribers = Subscriber.objects.bulk_create(map(_build_subscriber, added))
    Subscription.objects.bulk_create(
        subscription
        for subscriber, each in zip(subscribers, added, strict=True)
        for subscription in topics.build_subscriptions(subscriber, each.row.topics)
    )
    confirmed = [each for each in plan if each.action is Action.CONFIRM]
    _confirm(confirmed)
    left = [each for each in plan if each.action is Action.UNSUBSCRIBE]
    _unsubscribe(left)
    Suppression.objects.bulk_create(
        (Suppression(email_hash=each.email_hash, reason=each.status) for each in added + left if each.status in LEFT),
        # An address that the owner blocked stays blocked.
        ignore_conflicts=True,
    )
    imported = ConsentEvent.Kind.IMPORTED
    ConsentEvent.objects.bulk_create(
        [_build_event(each, subscriber, imported, source) for each, subscriber in zip(added, subscribers, strict=True)]
        + [_build_event(each, each.subscriber, imported, source) for each in confirmed]
        + [_build_event(each, each.subscriber, each.status, source) for each in left]
    )


def _confirm(plan: list[PlannedRow]) -> None:
    subscribers = {each.subscriber.pk: each for each in plan if each.subscriber}
    Subscriber.objects.filter(pk__in=subscribers).transition(Subscriber.Status.PENDING, Subscriber.Status.ACTIVE)
    dated = [each for each in plan if each.subscriber and each.row.confirmed_at]
    for each in dated:
        assert each.subscriber
        each.subscriber.confirmed_at = each.row.confirmed_at
    Subscriber.objects.bulk_update([each.subscriber for each in dated if each.subscriber], ["confirmed_at"])


def _unsubscribe(plan: list[PlannedRow]) -> None:
    for change in sorted({(each.subscriber.status, each.status) for each in plan if each.subscriber}):
        pks = [
            each.subscriber.pk for each in plan if each.subscriber and (each.subscriber.status, each.status) == change
        ]
        Subscriber.objects.filter(pk__in=pks).transition(*change)


def _build_subscriber(each: PlannedRow) -> Subscriber:
    now, row, status = timezone.now(), each.row, each.status
    return Subscriber(
        email=row.email,
        normalized_email=normalize_email(row.email),
        email_hash=each.email_hash,
        name=row.name,
        language_code=row.language_code or settings.LANGUAGE_CODE,
        status=status,
        confirmed_at=row.confirmed_at or (now if status == "active" else None),
        paused_until=row.paused_until,
        # Starts the week after which unconfirmed subscribers are deleted.
        confirmation_requested_at=now if status == "pending" else None,
    )


def _build_event(each: PlannedRow, subscriber: Subscriber | None, kind: str, source: str) -> ConsentEvent:
    row = each.row
    proof = "no time given"
    if row.confirmed_at:
        proof = f"confirmed {row.confirmed_at:%Y-%m-%d}"
    elif row.status == "confirmed":
        proof = "confirmed, no time given"
    return ConsentEvent(
        kind=kind,
        subscriber=subscriber,
        email_hash=each.email_hash,
        form="" if kind == ConsentEvent.Kind.IMPORTED else "import",
        note=f"{source[:440]} ({proof})",
    )
