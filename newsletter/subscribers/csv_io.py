"""Import subscribers from a CSV file, after a preview, and export them.

An import counts someone as confirmed only with a proof in the file, or if the owner vouches for all rows.
"""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from newsletter.models import Subscriber, Topic
from newsletter.subscribers.import_columns import Column, Use
from newsletter.subscribers.import_file import ImportRow, SubscriberFile
from newsletter.subscribers.import_rows import NOT_SUBSCRIBED, Action, PlannedRow, TopicChoice, plan_batch, write_batch
from plaintext.csv_export import write_csv

COLUMNS = ("email", "name", "language", "status", "confirmed_at", "paused_until", "topics")
_BATCH_SIZE = 500
_MAX_REPORTED_ERRORS = 20
# Rows shown in a preview.
SAMPLE_SIZE = 10


@dataclass
class ImportReport:
    """The result of an import, or of its preview: people added by status, and how many others there are."""

    added: Counter[str] = field(default_factory=Counter)
    existing: int = 0
    suppressed: int = 0
    # The first ones only. `error_count` is the number of all.
    errors: list[str] = field(default_factory=list)
    error_count: int = 0
    confirmed: int = 0
    unsubscribed: int = 0

    @property
    def changes(self) -> int:
        """Return how many people the import adds or changes."""
        return self.added.total() + self.confirmed + self.unsubscribed

    def add(self, plan: list[PlannedRow]) -> None:
        """Count the people of a batch."""
        actions = Counter(each.action for each in plan)
        self.added.update(each.status for each in plan if each.action is Action.ADD)
        self.existing += actions[Action.KEEP]
        self.suppressed += actions[Action.SUPPRESS]
        self.confirmed += actions[Action.CONFIRM]
        self.unsubscribed += actions[Action.UNSUBSCRIBE]

    def add_error(self, line: int, problem: str) -> None:
        """Count a line that is not imported."""
        self.error_count += 1
        if len(self.errors) < _MAX_REPORTED_ERRORS:
            self.errors.append(f"Line {line}: {problem}")

    def totals(self) -> list[tuple[str, int]]:
        """Return what happens, and to how many people."""
        labels = dict(Subscriber.Status.choices)
        totals = [(f"added: {str(labels[status]).lower()}", self.added[status]) for status in labels]
        totals += [
            ("on the list already, now confirmed", self.confirmed),
            ("on the list already, now unsubscribed, because they left according to the file", self.unsubscribed),
            ("already on the list, not changed", self.existing),
            ("not added because they are on the suppression list", self.suppressed),
        ]
        return [(label, count) for label, count in totals if count]

    def messages(self) -> Iterator[str]:
        """Yield the result as sentences."""
        for label, count in self.totals():
            yield f"{count} {label}."
        yield from self.errors
        if self.error_count > len(self.errors):
            yield f"{self.error_count - len(self.errors)} more lines could not be read."
        if not self.totals() and not self.errors:
            yield "The file contains no subscribers."


@dataclass
class ImportPreview:
    """What an import would do. Nothing has been written."""

    columns: list[Column]
    line_count: int
    report: ImportReport = field(default_factory=ImportReport)
    sample: list[PlannedRow] = field(default_factory=list)
    unknown_topics: set[str] = field(default_factory=set)

    @property
    def used_columns(self) -> list[Column]:
        """Return the columns that the import uses."""
        return [column for column in self.columns if column.use is not Use.IGNORED]

    @property
    def unused_columns(self) -> list[str]:
        """Return the names of the other columns."""
        return [column.heading or "(no name)" for column in self.columns if column.use is Use.IGNORED]


def preview_import(file: BinaryIO | bytes, *, are_confirmed: bool) -> ImportPreview:
    """Return what `import_subscribers` would do. Raise ValidationError if the file cannot be imported."""
    subscribers = SubscriberFile(_binary(file))
    preview = ImportPreview(subscribers.columns, subscribers.line_count)
    topics = set(Topic.objects.values_list("slug", flat=True))
    for rows in _batches(subscribers, preview.report):
        plan = plan_batch(rows, are_confirmed=are_confirmed)
        preview.report.add(plan)
        preview.sample += plan[: SAMPLE_SIZE - len(preview.sample)]
        preview.unknown_topics.update(slug for row in rows for slug in row.topics if slug not in topics)
    return preview


def import_subscribers(file: BinaryIO | bytes, *, source: str, are_confirmed: bool) -> ImportReport:
    """Import the subscribers in a CSV file. Raise ValidationError, and change nobody, if it cannot be imported.

    Each batch is a short transaction, so that other writes do not wait for the whole file. After an interruption the
    batches that were imported stay, and importing the file again continues with the others.
    `source` says where they gave consent and goes into the consent log. Those without a proof of confirmation are
    imported as unconfirmed unless `are_confirmed`; they get no emails and are deleted after a week, unless another
    import confirms them. People who left according to the file get no emails, even if they were subscribers before.
    """
    subscribers, report = SubscriberFile(_binary(file)), ImportReport()
    topics = TopicChoice.load()
    for rows in _batches(subscribers, report):
        try:
            with transaction.atomic():
                plan = plan_batch(rows, are_confirmed=are_confirmed, is_locking=True)
                write_batch(plan, source, topics)
        except IntegrityError as error:
            raise ValidationError(
                "The import stopped, because someone in this file subscribed or was imported at the same moment. Import"
                " the file again to add the rest."
            ) from error
        report.add(plan)
    return report


def _binary(file: BinaryIO | bytes) -> BinaryIO:
    return io.BytesIO(file) if isinstance(file, bytes) else file


def _batches(subscribers: SubscriberFile, report: ImportReport) -> Iterator[list[ImportRow]]:
    """Yield the rows of the file in batches, and add the lines with problems to the report."""
    for batch in batched(subscribers.rows(), _BATCH_SIZE):
        rows = []
        for row in batch:
            if isinstance(row, ImportRow):
                rows.append(row)
            else:
                report.add_error(*row)
        yield rows


def export_subscribers() -> Iterator[str]:
    """Yield all subscribers as CSV lines, the column names first. Reads the database in batches."""
    subscribers = Subscriber.objects.order_by("pk").prefetch_related("subscriptions__topic")
    return write_csv(COLUMNS, map(_export_cells, subscribers.iterator(chunk_size=1000)))


def _export_cells(subscriber: Subscriber) -> tuple[Any, ...]:
    topics = sorted(
        f"{subscription.topic.slug}:{subscription.cadence if subscription.is_subscribed else NOT_SUBSCRIBED}"
        for subscription in subscriber.subscriptions.all()
    )
    return (
        subscriber.email,
        subscriber.name,
        subscriber.language_code,
        subscriber.status,
        subscriber.confirmed_at.isoformat() if subscriber.confirmed_at else "",
        subscriber.paused_until.isoformat() if subscriber.paused_until else "",
        " ".join(topics),
    )
