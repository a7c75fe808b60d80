"""Reports of programs, as their sites give them out: CSV files of three shapes, read whole or not at all."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from affiliates.earnings import CENT, Earning
from affiliates.models import Link
from affiliates.programs import Program
from affiliates.shop_urls import asin

MOST_BYTES = 5_000_000
# Some put a title and empty lines above the names of the columns.
LINES_ABOVE = 6
_CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%b %d, %Y", "%B %d, %Y", "%m/%d/%y")


class Shape(NamedTuple):
    """The columns of one program's report, each by the names that it may have, without case and signs."""

    name: str
    day: tuple[str, ...]
    amount: tuple[str, ...]
    # What tells this shape from others.
    only: tuple[str, ...]
    # Names a line for good, if there is such a column.
    number: tuple[str, ...] = ()
    item: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()
    # What the status says of a line that earns nothing.
    refused: tuple[str, ...] = ()
    network: str = Program.Network.OTHER


SHAPES = (
    Shape(
        "Amazon: Fee-Earnings",
        day=("dateshipped", "date"),
        amount=("adfees", "fees", "earnings", "commissionincome"),
        only=("asin",),
        item=("asin",),
        network=Program.Network.AMAZON,
    ),
    # https://help.awin.com/docs/understanding-the-data-fields-in-the-transactions-report
    Shape(
        "Awin: Transactions",
        day=("date", "transactiondate"),
        amount=("commission", "commissionamount"),
        only=("commissionstatus",),
        number=("id", "transactionid"),
        item=("clickref", "url"),
        status=("commissionstatus",),
        currency=("currency", "commissioncurrency"),
        refused=("2", "declined", "deleted"),
    ),
    Shape(
        "ShareASale: Activity details",
        day=("transdate", "date"),
        amount=("commission",),
        only=("transid", "voided"),
        number=("transid",),
        item=("afftrack", "bannerpage"),
        status=("voided",),
        refused=("1", "yes", "true", "voided"),
    ),
)


class Read(NamedTuple):
    """What reading a report gave."""

    shape: str
    lines: int
    new: int
    total: Decimal


def read_report(content: bytes, program: Program) -> Read:
    """Keep the lines of a report of `program`; ValidationError says what is wrong with it, and nothing is kept.

    A line that is known already is brought up to date.
    """
    table = _table(content)
    header, shape = _header(table)
    if shape.network != program.network:
        raise ValidationError(f"This is the report “{shape.name}”, and not one of {program}. Nothing was kept.")
    columns = [_plain(name) for name in table[header]]
    rows = [(number, row) for number, row in enumerate(table[header + 1 :], start=header + 2) if any(row)]
    # Below the lines, some give a sum without a day.
    rows = [(number, row) for number, row in rows if _cell(row, columns, shape.day)]
    currency = next((code for sign, code in _CURRENCIES.items() if sign in "".join(table[header])), "USD")
    to_day = _days([_cell(row, columns, shape.day) for _, row in rows], currency)
    known = _Links(program)
    twins: Counter[str] = Counter()
    earnings: dict[str, Earning] = {}
    for number, row in rows:
        amount = _amount(_cell(row, columns, shape.amount), number)
        refused = _cell(row, columns, shape.status).lower() in shape.refused if shape.status else False
        item = _cell(row, columns, shape.item)
        if not (name := _cell(row, columns, shape.number)):
            # Two that look the same are two sales; under one number they are two states of one.
            name = "\n".join(row)
            twins[name] += 1
        line = hashlib.sha256(f"{name}\n{twins[name] or 1}".encode()).hexdigest()
        earnings[line] = Earning(
            program=program,
            link=known.find(item),
            day=to_day(_cell(row, columns, shape.day), number),
            amount=Decimal(0) if refused else amount,
            currency=_currency(_cell(row, columns, shape.currency) or currency, number),
            item=item[:200],
            line=line,
        )
    with transaction.atomic():
        before = Earning.objects.filter(program=program).count()
        Earning.objects.bulk_create(
            earnings.values(),
            update_conflicts=True,
            unique_fields=("program", "line"),
            update_fields=("amount", "day", "currency", "link", "item"),
            batch_size=500,
        )
        new = Earning.objects.filter(program=program).count() - before
    return Read(shape.name, len(earnings), new, sum((each.amount for each in earnings.values()), Decimal(0)))


def _table(content: bytes) -> list[list[str]]:
    if len(content) > MOST_BYTES:
        raise ValidationError("This file is larger than 5 MB. Export a shorter time.")
    if content.startswith((b"PK", b"\xd0\xcf")):
        raise ValidationError("This is an Excel file. Export the report as CSV.")
    try:
        text = content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    first = "\n".join(text.splitlines()[:LINES_ABOVE])
    separator = max(",;\t|", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=separator))
    except csv.Error as error:
        raise ValidationError(f"This file cannot be read as CSV: {error}.") from error
    return [[cell.strip() for cell in row] for row in rows]


def _header(table: list[list[str]]) -> tuple[int, Shape]:
    """The line that names the columns, and whose report it is."""
    for number, row in enumerate(table[:LINES_ABOVE]):
        names = {_plain(name) for name in row}
        for shape in SHAPES:
            if names >= set(shape.only) and names & set(shape.day) and names & set(shape.amount):
                return number, shape
    found = ", ".join(name for name in (max(table[:LINES_ABOVE], key=len, default=[]))[:8] if name) or "none"
    known = "; ".join(shape.name for shape in SHAPES)
    raise ValidationError(f"This is none of the reports that can be read here ({known}). Its columns are: {found}.")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _cell(row: list[str], columns: list[str], names: Iterable[str]) -> str:
    """What stands in `row` under the first of `names` that has something."""
    found = (row[at] for name in names for at, column in enumerate(columns) if column == name and at < len(row))
    return next(filter(None, found), "")


def _currency(text: str, number: int) -> str:
    code = _CURRENCIES.get(text, text.upper())
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValidationError(f"Line {number}: “{text[:40]}” is no currency, such as USD. Nothing was kept.")
    return code


def _days(written: list[str], currency: str) -> Callable[[str, int], date]:
    """How this report writes days: the first way that all of them fit. Only America puts the month first."""

    def read(text: str, way: str) -> date | None:
        for part in (text, text.split("T")[0], text.split(" ")[0]):
            try:
                return datetime.strptime(part, way).date()
            except ValueError:
                continue
        return None

    ways = _DAYS if currency == "USD" else sorted(_DAYS, key=lambda way: way.startswith("%m"))
    way = next((way for way in ways if written and all(read(text, way) for text in written)), ways[0])

    def to_day(text: str, number: int) -> date:
        found = read(text, way)
        if found is None or not 2000 <= found.year <= 2100:
            raise ValidationError(f"Line {number}: “{text[:40]}” is no day that can be read. Nothing was kept.")
        return found

    return to_day


# A number with its sign before or behind, or in brackets, and perhaps a currency on either side.
_AMOUNT = re.compile(r"(?P<open>\(?)(-?)[A-Z$€£¥₹]{0,4}(-?)(?P<digits>\d[\d.,]*|[.,]\d+)[A-Z$€£¥₹]{0,4}(-?)\)?")


def _amount(text: str, number: int) -> Decimal:
    # Minus signs of typesetters; blanks and apostrophes between thousands.
    found = _AMOUNT.fullmatch(re.sub(r"[\s'’]", "", re.sub("[−–‒]", "-", text)).upper())
    digits = found["digits"] if found else ""
    if "," in digits and "." in digits:
        thousands = "," if digits.rindex(",") < digits.rindex(".") else "."
        digits = digits.replace(thousands, "")
    elif re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", digits) or digits.count(",") > 1:
        digits = digits.replace(",", "")
    elif digits.count(".") > 1:
        digits = digits.replace(".", "")
    try:
        amount = Decimal(digits.replace(",", ".")).quantize(CENT)
    except InvalidOperation:
        amount = Decimal("Infinity")
    if not abs(amount) < 10**8:
        raise ValidationError(f"Line {number}: “{text[:40]}” is no amount. Nothing was kept.")
    assert found
    return -amount if found["open"] or "-" in found.group(2, 3, 5) else amount


class _Links:
    """The links of a program by what reports call them: the product's number, the short name, the address."""

    def __init__(self, program: Program) -> None:
        self._known: dict[str, Link] = {}
        for link in Link.objects.filter(program=program).order_by("-pk"):
            self._known |= {link.slug: link, link.destination: link, link.outside: link}
            if number := asin(link.destination):
                self._known[number] = link

    def find(self, item: str) -> Link | None:
        return self._known.get(item)
