"""Import and export subscribers as CSV.

An import counts someone as confirmed only with a confirmation time, or if the owner vouches for all rows. Column names
are those of our own export and of Mailchimp, Kit, MailerLite and MailPoet.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from newsletter.models import ConsentEvent, Subscriber, Subscription, Suppression, Topic
from outbox.headers import validate_deliverable
from plaintext.characters import strip_control_characters
from plaintext.csv_export import unescape_formula, write_csv
from privacy.email_addresses import hash_email, normalize_email

COLUMNS = ("email", "name", "language", "status", "confirmed_at", "paused_until", "topics")
# Column names of an import, in lower case and without spaces and punctuation.
_COLUMN_NAMES = {
    "email": ("email", "emailaddress", "subscriber", "subscriberemail"),
    "name": ("name", "fullname"),
    "first_name": ("firstname", "fname"),
    "last_name": ("lastname", "lname", "surname"),
    "language": ("language", "locale"),
    "status": ("status", "state", "globalstatus", "subscriberstatus"),
    "confirmed_at": ("confirmedat", "confirmtime", "confirmed"),
    "unsubscribed_at": ("unsubtime", "unsubscribedat"),
    "bounced_at": ("cleantime", "bouncedat"),
    "paused_until": ("pauseduntil",),
    "topics": ("topics",),
}
_STATUS_NAMES = {
    "active": ("active", "subscribed", "confirmed"),
    "unsubscribed": ("unsubscribed", "cancelled", "canceled"),
    "bounced": ("bounced", "cleaned", "undeliverable", "bounce"),
    "complained": ("complained", "complaint", "spam", "junk"),
    "pending": ("pending", "unconfirmed", "inactive"),
}
_SUPPRESSION_REASONS = {
    "unsubscribed": Suppression.Reason.UNSUBSCRIBED,
    "bounced": Suppression.Reason.BOUNCED,
    "complained": Suppression.Reason.COMPLAINED,
}
_NOT_SUBSCRIBED = "never"
# Earlier times are typing errors. Later ones overflow in some time zones.
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_BATCH_SIZE = 500
_MAX_REPORTED_ERRORS = 20


class ImportRow(NamedTuple):
    """One subscriber in a file. `topics` maps topic slugs to a cadence or "never"."""

    email: str
    name: str
    language_code: str
    status: str
    confirmed_at: datetime | None
    paused_until: datetime | None
    topics: dict[str, str]


class ImportReport(NamedTuple):
    """The result of an import: subscribers added by status, skipped rows, and an error for each unreadable line."""

    added: dict[str, int]
    existing: int
    suppressed: int
    errors: list[str]

    def messages(self) -> Iterator[str]:
        """Yield the result as sentences."""
        labels = dict(Subscriber.Status.choices)
        for status, count in self.added.items():
            yield f"{count} added: {labels[status].lower()}."
        if self.existing:
            yield f"{self.existing} already on the list, not changed."
        if self.suppressed:
            yield f"{self.suppressed} not added because they are on the suppression list."
        yield from self.errors[:_MAX_REPORTED_ERRORS]
        if len(self.errors) > _MAX_REPORTED_ERRORS:
            yield f"{len(self.errors) - _MAX_REPORTED_ERRORS} more lines could not be read."


def import_subscribers(content: bytes, *, source: str, are_confirmed: bool) -> ImportReport:
    """Add the subscribers in a CSV file. Raise ValidationError, and add nobody, if it is not a valid file.

    Each batch is a short transaction, so that other writes do not wait for the whole file. After an interruption the
    batches that were added stay, and importing the file again continues, because existing subscribers are skipped.
    `source` says where they gave consent and goes into the consent log. Those without a confirmation time are imported
    as unconfirmed unless `are_confirmed`; they get no emails and are deleted after a week. Existing and suppressed
    subscribers are not changed.
    """
    rows, errors = _parse(content)
    return _add_all(rows, errors, source, are_confirmed)


def _parse(content: bytes) -> tuple[dict[str, ImportRow], list[str]]:
    """Return the rows of a file by normalized email address, and the errors."""
    reader = _open_reader(content)
    rows: dict[str, ImportRow] = {}
    errors = []
    try:
        columns = _find_columns(reader.fieldnames or ())
        for line in reader:
            try:
                cells = {field: (line.get(column) or "").strip() for field, column in columns.items()}
                row = _parse_row({field: unescape_formula(cell) for field, cell in cells.items()})
            except (ValidationError, ValueError):
                errors.append(f"Line {reader.line_num}: the email address, a time or the status is missing or invalid.")
                continue
            key = normalize_email(row.email)
            # The first line of a subscriber counts, unless another one says that they left.
            if key not in rows or (_has_left(row) and not _has_left(rows[key])):
                rows[key] = row
    except csv.Error as error:
        raise ValidationError(
            "This is not a valid CSV file. Reading stopped at line %(line)s.", params={"line": reader.line_num}
        ) from error
    return rows, errors


def _open_reader(content: bytes) -> csv.DictReader:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError("The file is not encoded in UTF-8. Save it as “CSV UTF-8” and try again.") from None
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)


def _find_columns(header: Iterable[str]) -> dict[str, str]:
    """Map our field names to the names of the file's columns. Fields without a column are left out."""
    names = {re.sub(r"\W|_", "", name or "").lower(): name for name in header}
    columns = {}
    for field, known_names in _COLUMN_NAMES.items():
        if column := next((names[name] for name in known_names if name in names), None):
            columns[field] = column
    if "email" not in columns:
        raise ValidationError("The file has no column named “email”. The first line must contain the column names.")
    return columns


def _parse_row(cells: dict[str, str]) -> ImportRow:
    """Return the row. Raise ValueError or ValidationError for an invalid email address, time or status.

    An unknown status is an error because it could mean that the subscriber left. So is a confirmation time in the
    future; times without a time zone may be a day ahead.
    """
    email = cells["email"]
    validate_email(email)
    validate_deliverable(email)
    confirmed_at = _parse_time(cells.get("confirmed_at", ""))
    if confirmed_at and confirmed_at > timezone.now() + timedelta(days=1):
        raise ValueError("The confirmation time is in the future.")
    name = cells.get("name") or f"{cells.get('first_name', '')} {cells.get('last_name', '')}".strip()
    return ImportRow(
        email=email,
        name=strip_control_characters(name)[:120],
        language_code=strip_control_characters(cells.get("language", ""))[:15],
        status=_parse_status(cells),
        confirmed_at=confirmed_at,
        paused_until=_parse_time(cells.get("paused_until", "")),
        topics=dict(topic.partition(":")[::2] for topic in cells.get("topics", "").split()),
    )


def _parse_status(cells: dict[str, str]) -> str:
    """Return the status, or "" if the file gives none. Raise ValueError for an unknown one."""
    given = cells.get("status", "").lower()
    status = next((status for status, names in _STATUS_NAMES.items() if given in names), "")
    if given and not status:
        raise ValueError(f"Unknown status {given!r}")
    if cells.get("unsubscribed_at"):
        return "unsubscribed"
    if cells.get("bounced_at"):
        return "bounced"
    return status


def _parse_time(text: str) -> datetime | None:
    """Parse an ISO 8601 date or time, in UTC if it has no time zone. Raise ValueError if it is invalid or unlikely."""
    if not text:
        return None
    parsed = parse_datetime(text)
    if parsed is None and (date := parse_date(text)):
        parsed = datetime(date.year, date.month, date.day)
    if parsed is None:
        raise ValueError(f"Invalid time {text!r}")
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    if not _EARLIEST < parsed < _LATEST:
        raise ValueError(f"Time out of range: {text!r}")
    return parsed


def _has_left(row: ImportRow) -> bool:
    return row.status in _SUPPRESSION_REASONS


def _add_all(rows: dict[str, ImportRow], errors: list[str], source: str, are_confirmed: bool) -> ImportReport:
    added: dict[str, int] = {}
    existing_count = suppressed_count = 0
    default_topics = Topic.objects.for_new_subscribers()
    topics = {topic.slug: topic for topic in Topic.objects.all()}
    for batch in batched(rows.items(), _BATCH_SIZE):
        batch_rows = dict(batch)
        try:
            with transaction.atomic():
                existing, suppressed = _find_skipped(batch_rows)
                new = [row for key, row in batch_rows.items() if key not in existing | suppressed]
                subscribers = [(_build_subscriber(row, are_confirmed), row) for row in new]
                _insert(subscribers, source, topics, default_topics)
        except IntegrityError as error:
            raise ValidationError(
                "The import stopped, because someone in this file subscribed or was imported at the same moment. Import"
                " the file again to add the rest."
            ) from error
        existing_count += len(existing)
        suppressed_count += len(suppressed)
        for subscriber, _ in subscribers:
            added[subscriber.status] = added.get(subscriber.status, 0) + 1
    return ImportReport(added, existing_count, suppressed_count, errors)


def _find_skipped(rows: dict[str, ImportRow]) -> tuple[set[str], set[str]]:
    """Return the keys of `rows` that are subscribers already, and those that are on the suppression list only."""
    existing = set(Subscriber.objects.filter(normalized_email__in=rows).values_list("normalized_email", flat=True))
    keys_by_hash = {hash_email(key): key for key in rows}
    hashes = Suppression.objects.filter(email_hash__in=keys_by_hash).values_list("email_hash", flat=True)
    return existing, {keys_by_hash[found] for found in hashes} - existing


def _build_subscriber(row: ImportRow, are_confirmed: bool) -> Subscriber:
    now, status = timezone.now(), row.status
    if status in ("", "active"):
        status = "active" if row.confirmed_at or are_confirmed else "pending"
    return Subscriber(
        email=row.email,
        normalized_email=normalize_email(row.email),
        email_hash=hash_email(row.email),
        name=row.name,
        language_code=row.language_code or settings.LANGUAGE_CODE,
        status=status,
        confirmed_at=row.confirmed_at or (now if status == "active" else None),
        paused_until=row.paused_until,
        # Starts the week after which unconfirmed subscribers are deleted.
        confirmation_requested_at=now if status == "pending" else None,
    )


def _insert(
    subscribers: list[tuple[Subscriber, ImportRow]], source: str, topics: dict[str, Topic], default_topics: list[Topic]
) -> None:
    Subscriber.objects.bulk_create([subscriber for subscriber, _ in subscribers])
    Suppression.objects.bulk_create(
        Suppression(email_hash=subscriber.email_hash, reason=_SUPPRESSION_REASONS[subscriber.status])
        for subscriber, row in subscribers
        if _has_left(row)
    )
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            kind=ConsentEvent.Kind.IMPORTED,
            subscriber=subscriber,
            email_hash=subscriber.email_hash,
            note=_consent_note(source, row),
        )
        for subscriber, row in subscribers
    )
    defaults = {topic.slug: Subscription.Cadence.INSTANT.value for topic in default_topics}
    Subscription.objects.bulk_create(
        _build_subscription(subscriber, topics[slug], cadence)
        for subscriber, row in subscribers
        for slug, cadence in (row.topics or defaults).items()
        if slug in topics
    )


def _consent_note(source: str, row: ImportRow) -> str:
    time = f"confirmed {row.confirmed_at:%Y-%m-%d}" if row.confirmed_at else "no time given"
    return f"{source} ({time})"[:500]


def _build_subscription(subscriber: Subscriber, topic: Topic, cadence: str) -> Subscription:
    is_known = cadence in Subscription.Cadence.values
    return Subscription(
        subscriber=subscriber,
        topic=topic,
        is_subscribed=cadence != _NOT_SUBSCRIBED,
        cadence=cadence if is_known else Subscription.Cadence.INSTANT,
    )


def export_subscribers() -> Iterator[str]:
    """Yield all subscribers as CSV lines, the column names first. Reads the database in batches."""
    subscribers = Subscriber.objects.order_by("pk").prefetch_related("subscriptions__topic")
    return write_csv(COLUMNS, map(_export_cells, subscribers.iterator(chunk_size=1000)))


def _export_cells(subscriber: Subscriber) -> tuple[Any, ...]:
    topics = sorted(
        f"{subscription.topic.slug}:{subscription.cadence if subscription.is_subscribed else _NOT_SUBSCRIBED}"
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
