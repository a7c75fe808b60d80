"""Hypothesis strategies for subscriber files in the dialects of many programs."""

import csv
import io
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

STATUSES = ("active", "pending", "unsubscribed", "bounced", "complained")


class Person(NamedTuple):
    """Someone in a generated file."""

    email: str
    name: str
    status: str


class GeneratedFile(NamedTuple):
    """A generated file and the people in it. The same person may be in several lines."""

    content: bytes
    people: list[Person]


def _flags(*names: str) -> Callable[[Person], list[str]]:
    return lambda person: [str(person.status == name).lower() for name in names]


def _words(**words: str) -> Callable[[Person], list[str]]:
    return lambda person: [words.get(person.status, person.status)]


# Column names after the email address and the name, and how each service writes a status.
_SERVICES: list[tuple[list[str], Callable[[Person], list[str]]]] = [
    (["Global status"], _words(active="subscribed", pending="unconfirmed")),
    (["state"], _words(unsubscribed="cancelled", pending="inactive")),
    (["type"], _words(active="regular", pending="unactivated", bounced="undeliverable")),
    (["Email status"], _words(active="Active", pending="Awaiting Confirmation", complained="Reported spam")),
    (["Status"], _words(active="Subscribed", unsubscribed="Opted Out", bounced="Cleaned", complained="Spam complaint")),
    (["email_disabled", "hard_bounced", "spam", "double_opt_in"], lambda person: [
        *_flags("unsubscribed", "bounced", "complained")(person), "no" if person.status == "pending" else ""]),
    (["UNSUB_TIME", "CLEAN_TIME", "complained_at", "opt_in"], lambda person: [
        *("2024-06-01 10:00:00" if person.status == name else "" for name in ("unsubscribed", "bounced", "complained")),
        "0" if person.status == "pending" else "1"]),
]  # fmt: skip

_EMAILS = st.builds(
    "{}@{}".format,
    st.from_regex(r"[a-z0-9]{1,8}(\.[a-z]{1,4})?", fullmatch=True),
    st.sampled_from(["example.org", "x.example"]),
)
# Names with delimiters, quotes, line breaks and letters of any script. Where a backslash escapes quotes, no program says
# what a backslash itself means.
_NAMES = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Co", "Cn", "Cc"], exclude_characters="\\"),
        st.sampled_from(' ,;|\t"\n'),
    ),
    max_size=20,
)
_PEOPLE = st.lists(st.builds(Person, _EMAILS, _NAMES, st.sampled_from(STATUSES)), max_size=8)


@st.composite
def subscriber_files(draw: Any) -> GeneratedFile:
    """Generate a file: the columns of a service, written in a dialect."""
    headings, write_status = draw(st.sampled_from(_SERVICES))
    people = draw(_PEOPLE)
    # Whether a column called “state” is a region shows only in its values.
    people.append(Person("last@example.org", "", draw(st.sampled_from(STATUSES))))
    rows = [["Email", "Name", *headings, "Notes, or tags; any"]]
    rows += [[person.email, person.name, *write_status(person), ""] for person in people]
    order = draw(st.permutations(range(len(rows[0]))))
    text = _write(draw, [[row[index] for index in order] for row in rows])
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]))
    return GeneratedFile(text.encode(encoding), people)


def _write(draw: Any, rows: list[list[str]]) -> str:
    delimiter = draw(st.sampled_from(",;\t|"))
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    # An escaped quote before a delimiter or a line break looks like the end of a cell, if no other quote is escaped.
    is_ambiguous = any(f'"{end}' in cell for row in rows for cell in row for end in (delimiter, "\n"))
    if not is_ambiguous and draw(st.booleans()):
        # As MailPoet writes: every cell is quoted, and quotes are escaped with a backslash.
        lines = [delimiter.join('"' + cell.replace('"', '\\"') + '"' for cell in row) for row in rows]
        text = newline.join(lines) + draw(st.sampled_from(["", newline]))
    else:
        file = io.StringIO(newline="")
        quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        csv.writer(file, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(rows)
        text = file.getvalue()
    return f"sep={delimiter}{newline}{text}" if draw(st.booleans()) else text
