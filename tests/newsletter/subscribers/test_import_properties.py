"""Properties of reading any subscriber file."""

import io
from contextlib import suppress
from datetime import datetime

from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribers.import_dates import DateError, is_empty_date, is_month_first, parse_date_time
from newsletter.subscribers.import_file import ImportRow, SubscriberFile
from plaintext.characters import strip_control_characters
from tests.newsletter.subscribers.csv_files import GeneratedFile, Person, subscriber_files

FORMATS = (
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%dT%H:%M:%S.000Z",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y",
    "%b %d, %Y %I:%M %p",
    "%a, %d %b %Y %H:%M:%S +0000",
    "%Y/%m/%d",
    "%Y%m%dT%H%M%S",
)
# The status that counts if several lines say different things about the same person.
ORDER = ("complained", "bounced", "unsubscribed")


def expected_rows(people: list[Person]) -> dict[str, tuple[str, str]]:
    """Return the name and the status of each person by email address."""
    expected: dict[str, tuple[str, str]] = {}
    for person in people:
        name = " ".join(strip_control_characters(person.name).split())[:120]
        expected.setdefault(person.email, (name, person.status))
    for status in reversed(ORDER):
        for person in people:
            if person.status == status:
                expected[person.email] = (expected[person.email][0], status)
    return expected


@given(subscriber_files())
def test_nobody_is_lost_and_nobody_who_left_is_active_in_any_dialect(file: GeneratedFile) -> None:
    rows = list(SubscriberFile(io.BytesIO(file.content)).rows())
    found = {row.email: (row.name, row.status or "active") for row in rows if isinstance(row, ImportRow)}
    assert found == expected_rows(file.people)
    assert len(rows) == len(found)


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_file_is_read_or_refused_with_a_sentence(content: bytes) -> None:
    with suppress(ValidationError):
        for _ in SubscriberFile(io.BytesIO(b"email,status\n" + content)).rows():
            pass
    with suppress(ValidationError):
        SubscriberFile(io.BytesIO(content))


@given(
    st.text(max_size=40)
    | st.from_regex(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T][0-9]{1,2}:[0-9]{2})?", fullmatch=True)
)
def test_any_text_is_a_time_or_none_or_a_date_error(text: str) -> None:
    is_empty_date(text)
    with suppress(DateError):
        time = parse_date_time(text, month_first=is_month_first((text,)))
        assert time is None or time.tzinfo


@given(st.datetimes(datetime(1990, 1, 2), datetime(2199, 1, 1)), st.sampled_from(FORMATS))
def test_a_time_is_read_as_it_was_written(time: datetime, format_: str) -> None:
    written = time.strftime(format_)
    month_first = is_month_first((written,)) and not format_.startswith("%d")
    read = parse_date_time(written, month_first=month_first)
    assert read
    assert read.strftime(format_) == written
