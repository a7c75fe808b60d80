"""Read the subscribers in a CSV file: once to understand it, then again for the preview or the import."""

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from typing import BinaryIO, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from newsletter.subscribers.import_columns import (
    ColumnValues,
    UnknownColumn,
    Use,
    assign_uses,
    can_say_who_left,
    is_part_of_address,
    is_status,
    read_status,
)
from newsletter.subscribers.import_dates import DateError, is_empty_date, parse_date_time
from outbox.headers import validate_deliverable
from plaintext.characters import strip_control_characters, strip_invisible_characters
from plaintext.csv_export import unescape_formula
from plaintext.csv_reader import CsvFile, CsvLine
from privacy.email_addresses import normalize_email

LEFT = ("complained", "bounced", "unsubscribed")
# Of what several columns or lines say about someone, the first counts.
_PRIORITY = (*LEFT, "pending", "confirmed", "active")
_TEXT_USES = (Use.NAME, Use.FIRST_NAME, Use.LAST_NAME, Use.LANGUAGE, Use.TOPICS)


class ImportRow(NamedTuple):
    """One subscriber in a file. `topics` maps topic slugs to a cadence or "never"."""

    line: int
    email: str
    name: str
    language_code: str
    # A status, "confirmed" if the file has a proof, or "".
    status: str
    confirmed_at: datetime | None
    left_at: datetime | None
    paused_until: datetime | None
    topics: dict[str, str]


class RowError(ValueError):
    """Raised for a line that cannot be imported. The message says why."""


class SubscriberFile:
    """A CSV file of subscribers whose columns are understood."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the whole file once. Raise ValidationError if it cannot be imported."""
        self._csv = CsvFile(file)
        self.line_count = 0
        # The people who left according to any line, so that no other line adds them, not even before that line is read.
        self._left: dict[bytes, str] = {}
        # The people with a line whose status is unknown.
        self._doubtful: set[bytes] = set()
        # Beginnings of the fingerprints of people with several lines.
        self._repeated: set[int] = set()
        values = self._read_values()
        has_address = any(is_part_of_address(each.heading) for each in values)
        try:
            self.columns = [each.decide(has_address=has_address) for each in values]
        except UnknownColumn as error:
            raise ValidationError(str(error)) from error
        self._by_use = {use: [column for column in self.columns if column.use is use] for use in Use}
        self._statuses = [column for column in self.columns if is_status(column.use)]
        self._find_those_who_left()

    def rows(self) -> Iterator[ImportRow | tuple[int, str]]:
        """Yield each line as a row, or as its number and what is wrong with it. Of several lines of a person, one."""
        seen: set[bytes] = set()
        for line in self._lines():
            try:
                row = self._parse(line)
            except RowError as error:
                yield line.number, str(error)
                continue
            key = _fingerprint(row.email)
            if key in seen:
                continue
            # Most people have one line, and need not be remembered.
            if _beginning(key) in self._repeated:
                seen.add(key)
            if key in self._left:
                yield row._replace(status=self._left[key])
            elif key in self._doubtful:
                yield line.number, "Another line of the same person has an unknown status."
            else:
                yield row

    def _lines(self) -> Iterator[CsvLine]:
        """Yield the lines below the column names."""
        lines = iter(self._csv)
        next(lines, None)
        yield from lines

    def _read_values(self) -> list[ColumnValues]:
        """Return the columns with the values that say how each is used."""
        header = next(iter(self._csv), CsvLine(1, []))
        uses = assign_uses(header.cells)
        if Use.EMAIL not in uses:
            raise ValidationError("The file has no column named “email”. The first line must contain the column names.")
        columns = [
            ColumnValues(position, name, use)
            for position, (name, use) in enumerate(zip(header.cells, uses, strict=True))
        ]
        examined = [column for column in columns if can_say_who_left(column.use)]
        email_position, beginnings = uses.index(Use.EMAIL), array("Q")
        for line in self._lines():
            self.line_count += 1
            email = line.cells[email_position] if email_position < len(line.cells) else ""
            beginnings.append(_beginning(_fingerprint(clean_email(unescape_formula(email)))))
            for column in examined:
                if column.position < len(line.cells):
                    column.add(line.cells[column.position])
        ordered = sorted(beginnings)
        self._repeated = {first for first, second in pairwise(ordered) if first == second}
        return columns

    def _find_those_who_left(self) -> None:
        for line in self._lines() if self._statuses else ():
            email = clean_email(self._cell(line.cells, Use.EMAIL))
            try:
                status = self._status(line.cells)
            except RowError:
                self._doubtful.add(_fingerprint(email))
            else:
                if status in LEFT:
                    key = _fingerprint(email)
                    self._left[key] = _first((status, self._left.get(key, "")))

    def _parse(self, line: CsvLine) -> ImportRow:
        """Return the row. Raise RowError if the line is incomplete or contains something unknown."""
        cells = line.cells
        if any(cells[len(self.columns) :]):
            raise RowError("It has more cells than there are columns, so they may be in the wrong ones.")
        email = clean_email(self._cell(cells, Use.EMAIL))
        try:
            validate_email(email)
            validate_deliverable(email)
        except ValidationError:
            what = (
                f"“{email[:60]}” is not an email address that we can send to"
                if email
                else "The email address is missing"
            )
            raise RowError(f"{what}.") from None
        status = self._status(cells)
        text = {use: strip_control_characters(self._cell(cells, use)) for use in _TEXT_USES}
        name = text[Use.NAME] or f"{text[Use.FIRST_NAME]} {text[Use.LAST_NAME]}"
        return ImportRow(
            line=line.number,
            email=email,
            name=" ".join(name.split())[:120],
            language_code=text[Use.LANGUAGE][:15],
            status=status,
            # A wrong date must not prevent that someone who left is remembered.
            confirmed_at=self._time(cells, Use.CONFIRMED, is_required=status not in LEFT, is_past=True),
            left_at=self._time(cells, Use.UNSUBSCRIBED, is_required=False),
            paused_until=self._time(cells, Use.PAUSED_UNTIL, is_required=True),
            topics=dict(topic.partition(":")[::2] for topic in text[Use.TOPICS].split()),
        )

    def _cell(self, cells: list[str], use: Use) -> str:
        """Return the first text in the columns for `use`."""
        found = (cells[column.position] for column in self._by_use[use] if column.position < len(cells))
        return unescape_formula(next(filter(None, found), ""))

    def _status(self, cells: list[str]) -> str:
        """Return what all columns together say. Raise RowError if one is missing or says something unknown."""
        found = []
        for column in self._statuses:
            if column.position >= len(cells):
                raise RowError(f"It ends before the column “{column.heading}”.")
            status = read_status(column, cells[column.position])
            if status is None:
                cell = cells[column.position][:40]
                raise RowError(f"“{cell}” in the column “{column.heading}” is not a known status or date.")
            found.append(status)
        return _first(found)

    def _time(self, cells: list[str], use: Use, *, is_required: bool, is_past: bool = False) -> datetime | None:
        """Return the time in a column, if there is one. Raise RowError for an impossible one if it `is_required`."""
        for column in self._by_use[use]:
            text = cells[column.position] if column.position < len(cells) else ""
            if is_empty_date(text):
                continue
            try:
                time = parse_date_time(text, month_first=column.month_first)
            except DateError as error:
                if is_required:
                    raise RowError(f"In the column “{column.heading}”, {error}") from error
                continue
            if time is None and use is Use.PAUSED_UNTIL:
                raise RowError(f"“{text[:40]}” in the column “{column.heading}” is not a date.")
            # Times without a time zone may be a day ahead.
            if time and is_past and is_required and time > timezone.now() + timedelta(days=1):
                raise RowError(f"The date in the column “{column.heading}” is in the future.")
            if time:
                return time
        return None


def clean_email(text: str) -> str:
    """Return the email address in a cell without what copying adds: invisible characters, a name, “mailto:”."""
    email = strip_invisible_characters(text)
    if email.endswith(">") and "<" in email:
        email = email[email.rindex("<") + 1 : -1].strip()
    return email[7:] if email[:7].lower() == "mailto:" else email


def _first(statuses: Iterable[str]) -> str:
    """Return the status that counts, or "" if there is none."""
    return min(filter(None, statuses), key=_PRIORITY.index, default="")


def _fingerprint(email: str) -> bytes:
    """Return a short key for an email address. Large files have many."""
    return blake2b(normalize_email(email).encode(), digest_size=10).digest()


def _beginning(fingerprint: bytes) -> int:
    """Return the first 8 bytes as a number, which takes less memory."""
    return int.from_bytes(fingerprint[:8])
