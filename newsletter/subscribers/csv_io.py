"""Lists of subscribers as CSV, from and for other services. What comes in is believed only as far as it is proved.

Column names are those of our own export and of what Mailchimp, Kit, MailerLite and MailPoet write.
"""

import csv
import io
import re
from collections.abc import Iterator
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
from newsletter.subscribers.email_addresses import email_hash, email_key
from outbox.headers import validate_deliverable

COLUMNS = ("email", "name", "language", "status", "confirmed_at", "paused_until", "topics")
# Names without case, spaces and signs.
_NAMES = {
    "email": ("email", "emailaddress", "subscriber", "subscriberemail"),
    "name": ("name", "fullname"),
    "first": ("firstname", "fname"),
    "last": ("lastname", "lname", "surname"),
    "language": ("language", "locale"),
    "status": ("status", "state", "globalstatus", "subscriberstatus"),
    "confirmed_at": ("confirmedat", "confirmtime", "confirmed"),
    "left_at": ("unsubtime", "unsubscribedat"),
    "bounced_at": ("cleantime", "bouncedat"),
    "paused_until": ("pauseduntil",),
    "topics": ("topics",),
}
_STATES = {
    "active": ("active", "subscribed", "confirmed"),
    "unsubscribed": ("unsubscribed", "cancelled", "canceled"),
    "bounced": ("bounced", "cleaned", "undeliverable", "bounce"),
    "complained": ("complained", "complaint", "spam", "junk"),
    "pending": ("pending", "unconfirmed", "inactive"),
}
_REASONS = {
    "unsubscribed": Suppression.Reason.UNSUBSCRIBED,
    "bounced": Suppression.Reason.HARD,
    "complained": Suppression.Reason.COMPLAINT,
}
# What lies before has been mistyped: lists on the net are younger. What lies beyond overflows in some time zone.
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# A spreadsheet would take what begins so for a formula.
_FORMULA = re.compile(r"[=+\-@\t\r]")


class Row(NamedTuple):
    """One person of a file."""

    email: str
    name: str
    language: str
    status: str
    confirmed_at: datetime | None
    paused_until: datetime | None
    topics: dict[str, str]


class Report(NamedTuple):
    """What became of a file: how many, by what they are now; and the lines that no address could be read from."""

    added: dict[str, int]
    known: int
    suppressed: int
    faults: list[str]

    def sentences(self) -> Iterator[str]:
        """The same in words."""
        labels = dict(Subscriber.Status.choices)
        yield from (f"{number} added: {labels[status].lower()}." for status, number in self.added.items())
        if self.known:
            yield f"{self.known} were here already and stay as they are."
        if self.suppressed:
            yield f"{self.suppressed} left, were erased or are blocked here, and are not added."
        yield from self.faults[:20]
        if len(self.faults) > 20:
            yield f"{len(self.faults) - 20} more lines could not be read."


# ---- In -------------------------------------------------------------------------------------------------


def take_in(content: bytes, *, source: str, are_confirmed: bool) -> Report:
    """Add the people of a CSV file, all or none; ValidationError in a sentence for what is no such file.

    `source` says where they agreed, and goes into the log of consent. Who has no time of confirmation comes in
    unconfirmed unless `are_confirmed`, gets nothing, and is erased a week later. Nobody who is known, has left, was
    erased or is blocked is touched.
    """
    rows, faults = _read(content)
    try:
        with transaction.atomic():
            return _add_all(rows, faults, source, are_confirmed)
    except IntegrityError as error:
        raise ValidationError(
            "Somebody of this list joined, or was taken in, at the same moment. Nobody was added: import it once more."
        ) from error


def _add_all(rows: dict[str, Row], faults: list[str], source: str, are_confirmed: bool) -> Report:
    added: dict[str, int] = {}
    known = suppressed = 0
    newcomers = Topic.objects.for_newcomers()
    topics = {topic.slug: topic for topic in Topic.objects.all()}
    for part in batched(rows.items(), 500):
        keys = dict(part)
        here = set(Subscriber.objects.filter(email_key__in=keys).values_list("email_key", flat=True))
        hashes = {email_hash(key): key for key in keys}
        barred = Suppression.objects.filter(email_hash__in=hashes).values_list("email_hash", flat=True)
        out = {hashes[hashed] for hashed in barred} - here
        known, suppressed = known + len(here), suppressed + len(out)
        people = [(_person(row, are_confirmed), row) for key, row in keys.items() if key not in here | out]
        _add(people, source, topics, newcomers)
        for person, _ in people:
            added[person.status] = added.get(person.status, 0) + 1
    return Report(added, known, suppressed, faults)


def _read(content: bytes) -> tuple[dict[str, Row], list[str]]:
    """The rows of a file by their address, the first of each, and what was wrong with the others."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError("The file is not written in UTF-8. Save it as “CSV UTF-8”.") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.DictReader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    plain = {re.sub(r"\W|_", "", name or "").lower(): name for name in lines.fieldnames or ()}
    columns = {ours: next((plain[name] for name in names if name in plain), None) for ours, names in _NAMES.items()}
    if columns["email"] is None:
        raise ValidationError("No column of the file is named “email”. The first line must hold the columns' names.")
    rows: dict[str, Row] = {}
    faults = []
    try:
        for line in lines:
            cells = {ours: _bare(line.get(name) or "") if name else "" for ours, name in columns.items()}
            try:
                validate_email(cells["email"])
                validate_deliverable(cells["email"])
                row = _row(cells)
            except (ValidationError, ValueError):
                faults.append(f"Line {lines.line_num}: no address, no time or no status that we understand.")
            else:
                key = email_key(row.email)
                # Of several lines the first holds, unless another says that the person left.
                if key not in rows or (row.status in _REASONS and rows[key].status not in _REASONS):
                    rows[key] = row
    except csv.Error as error:
        raise ValidationError("The file is no CSV file: line %(line)s.", params={"line": lines.line_num}) from error
    return rows, faults


def _row(cells: dict[str, str]) -> Row:
    """ValueError for a time or a status that says nothing to us: better nobody than somebody who left.

    Nor does a confirmation prove anything that is still to come; times without a zone may be a day ahead.
    """
    word = cells["status"].lower()
    status = next((ours for ours, theirs in _STATES.items() if word in theirs), "" if not word else None)
    if status is None:
        raise ValueError(word)
    if cells["left_at"] or cells["bounced_at"]:
        status = "unsubscribed" if cells["left_at"] else "bounced"
    name = cells["name"] or f"{cells['first']} {cells['last']}".strip()
    confirmed_at = _time(cells["confirmed_at"])
    if confirmed_at and confirmed_at > timezone.now() + timedelta(days=1):
        raise ValueError(cells["confirmed_at"])
    wishes = dict(wish.partition(":")[::2] for wish in cells["topics"].split())
    return Row(
        cells["email"],
        name[:120],
        cells["language"][:15],
        status,
        confirmed_at,
        _time(cells["paused_until"]),
        wishes,
    )


def _time(text: str) -> datetime | None:
    """The moment that `text` names, in UTC unless it says otherwise; None for "". ValueError for what is no time."""
    if not text:
        return None
    if (found := parse_datetime(text)) is None and (day := parse_date(text)):
        found = datetime(day.year, day.month, day.day)
    if found and _EARLIEST < (at := found if found.tzinfo else found.replace(tzinfo=UTC)) < _LATEST:
        return at
    raise ValueError(text)


def _bare(cell: str) -> str:
    """What a cell says, without the sign of `_guarded`."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell[1:]) else cell


def _guarded(cell: str) -> str:
    """`cell` as no spreadsheet takes it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _person(row: Row, are_confirmed: bool) -> Subscriber:
    now, status = timezone.now(), row.status
    if status in ("", "active"):
        status = "active" if row.confirmed_at or are_confirmed else "pending"
    person = Subscriber(
        email=row.email,
        name=row.name,
        locale=row.language or settings.LANGUAGE_CODE,
        status=status,
        confirmed_at=row.confirmed_at or (now if status == "active" else None),
        paused_until=row.paused_until,
        # Unconfirmed ones are erased as all others are.
        requested_at=now if status == "pending" else None,
    )
    person.email_key, person.email_hash = email_key(row.email), email_hash(row.email)
    return person


def _add(people: list[tuple[Subscriber, Row]], source: str, topics: dict[str, Topic], newcomers: list[Topic]) -> None:
    Subscriber.objects.bulk_create([person for person, _ in people])
    Suppression.objects.bulk_create(
        Suppression(email_hash=person.email_hash, reason=_REASONS[person.status])
        for person, _ in people
        if person.status in _REASONS
    )
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            kind=ConsentEvent.Kind.IMPORTED,
            subscriber=person,
            email_hash=person.email_hash,
            note=f"{source} ({f'confirmed {row.confirmed_at:%Y-%m-%d}' if row.confirmed_at else 'no time given'})"[
                :500
            ],
        )
        for person, row in people
    )
    paces = set(Subscription.Cadence.values)
    wishes = [
        Subscription(
            subscriber=person,
            topic=topics[slug],
            is_wanted=pace != "never",
            cadence=pace if pace in paces else Subscription.Cadence.INSTANT,
        )
        for person, row in people
        for slug, pace in (row.topics or {topic.slug: "instant" for topic in newcomers}).items()
        if slug in topics
    ]
    Subscription.objects.bulk_create(wishes)


# ---- Out ------------------------------------------------------------------------------------------------


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines() -> Iterator[str]:
    """All subscribers as CSV, the columns' names first. Read in parts, however many there are."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    people = Subscriber.objects.order_by("pk").prefetch_related("subscriptions__topic")
    for person in people.iterator(chunk_size=1000):
        yield writer.writerow(_cells(person))


def _cells(person: Subscriber) -> tuple[Any, ...]:
    wishes = (f"{each.topic.slug}:{each.cadence if each.is_wanted else 'never'}" for each in person.subscriptions.all())
    words = map(_guarded, (person.email, person.name, person.locale))
    times = [time.isoformat() if time else "" for time in (person.confirmed_at, person.paused_until)]
    return (*words, person.status, *times, " ".join(sorted(wishes)))
