"""Import program reports: CSV files in three formats, completely or not at all."""

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

from affiliates.earnings import CENT
from affiliates.models import Earning, Link, Program
from affiliates.shop_urls import asin
from plaintext.characters import strip_control_characters

MAX_BYTES = 5_000_000
# Some reports have a title and empty lines above the column names.
MAX_HEADER_LINE = 6
_CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%b %d, %Y", "%B %d, %Y", "%m/%d/%y")


class ReportFormat(NamedTuple):
    """The columns of a program's report by their possible names, in lower case without punctuation."""

    name: str
    day: tuple[str, ...]
    amount: tuple[str, ...]
    # Columns that only this format has.
    only: tuple[str, ...]
    # Identifies a line, if there is such a column.
    number: tuple[str, ...] = ()
    item: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()
    # Statuses of lines that earn nothing.
    rejected_statuses: tuple[str, ...] = ()
    network: str = Program.Network.OTHER


FORMATS = (
    ReportFormat(
        "Amazon: Fee-Earnings",
        day=("dateshipped", "date"),
        amount=("adfees", "fees", "earnings", "commissionincome"),
        only=("asin",),
        item=("asin",),
        network=Program.Network.AMAZON,
    ),
    # https://help.awin.com/docs/understanding-the-data-fields-in-the-transactions-report
    ReportFormat(
        "Awin: Transactions",
        day=("date", "transactiondate"),
        amount=("commission", "commissionamount"),
        only=("commissionstatus",),
        number=("id", "transactionid"),
        item=("clickref", "url"),
        status=("commissionstatus",),
        currency=("currency", "commissioncurrency"),
        rejected_statuses=("2", "declined", "deleted"),
    ),
    ReportFormat(
        "ShareASale: Activity details",
        day=("transdate", "date"),
        amount=("commission",),
        only=("transid", "voided"),
        number=("transid",),
        item=("afftrack", "bannerpage"),
        status=("voided",),
        rejected_statuses=("1", "yes", "true", "voided"),
    ),
)


class ImportResult(NamedTuple):
    """The result of an import."""

    format: str
    lines: int
    new: int
    total: Decimal


def import_report(content: bytes, program: Program) -> ImportResult:
    """Store the lines of a report of `program`, updating those imported before.

    Raises ValidationError, and stores nothing, if the report is invalid.
    """
    table = _table(content)
    header, format_ = _header(table)
    if format_.network != program.network:
        raise ValidationError(
            f"This is a report in the format “{format_.name}”, not one from {program}. Nothing was imported."
        )
    columns = [_plain(name) for name in table[header]]
    rows = [(number, row) for number, row in enumerate(table[header + 1 :], start=header + 2) if any(row)]
    # Some reports end with a total, which has no date.
    rows = [(number, row) for number, row in rows if _cell(row, columns, format_.day)]
    currency = next((code for sign, code in _CURRENCIES.items() if sign in "".join(table[header])), "USD")
    to_date = _date_parser([_cell(row, columns, format_.day) for _, row in rows], currency)
    known = _Links(program)
    duplicates: Counter[str] = Counter()
    earnings: dict[str, Earning] = {}
    for number, row in rows:
        amount = _amount(_cell(row, columns, format_.amount), number)
        is_rejected = (
            _cell(row, columns, format_.status).lower() in format_.rejected_statuses if format_.status else False
        )
        item = _cell(row, columns, format_.item)
        if not (name := _cell(row, columns, format_.number)):
            # Without an ID, identical lines are separate sales.
            name = "\n".join(row)
            duplicates[name] += 1
        line = hashlib.sha256(f"{name}\n{duplicates[name] or 1}".encode()).hexdigest()
        earnings[line] = Earning(
            program=program,
            link=known.find(item),
            day=to_date(_cell(row, columns, format_.day), number),
            amount=Decimal(0) if is_rejected else amount,
            currency=_currency(_cell(row, columns, format_.currency) or currency, number),
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
    return ImportResult(format_.name, len(earnings), new, sum((each.amount for each in earnings.values()), Decimal(0)))


def _table(content: bytes) -> list[list[str]]:
    if len(content) > MAX_BYTES:
        raise ValidationError("This file is larger than 5 MB. Export a shorter period.")
    if content.startswith((b"PK", b"\xd0\xcf")):
        raise ValidationError("This is an Excel file. Export the report as CSV.")
    try:
        text = content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    first = "\n".join(text.splitlines()[:MAX_HEADER_LINE])
    separator = max(",;\t|", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(strip_control_characters(text)), delimiter=separator))
    except csv.Error as error:
        raise ValidationError(f"This file cannot be read as CSV: {error}.") from error
    return [[cell.strip() for cell in row] for row in rows]


def _header(table: list[list[str]]) -> tuple[int, ReportFormat]:
    """Return the index of the header line and the format of the report."""
    for number, row in enumerate(table[:MAX_HEADER_LINE]):
        names = {_plain(name) for name in row}
        for format_ in FORMATS:
            if names >= set(format_.only) and names & set(format_.day) and names & set(format_.amount):
                return number, format_
    found = ", ".join(name for name in (max(table[:MAX_HEADER_LINE], key=len, default=[]))[:8] if name) or "none"
    known = "; ".join(format_.name for format_ in FORMATS)
    raise ValidationError(
        f"This report format is not supported. Supported reports: {known}. Columns in this file: {found}."
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _cell(row: list[str], columns: list[str], names: Iterable[str]) -> str:
    """Return the first non-empty cell of `row` in the columns `names`."""
    found = (row[at] for name in names for at, column in enumerate(columns) if column == name and at < len(row))
    return next(filter(None, found), "")


def _currency(text: str, number: int) -> str:
    code = _CURRENCIES.get(text, text.upper())
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValidationError(f"Line {number}: “{text[:40]}” is not a currency code such as USD. Nothing was imported.")
    return code


def _date_parser(written: list[str], currency: str) -> Callable[[str, int], date]:
    """Return a date parser for the first format that fits all dates. The month comes first only in USD reports."""

    def parse(text: str, format_: str) -> date | None:
        for part in (text, text.split("T")[0], text.split(" ")[0]):
            try:
                return datetime.strptime(part, format_).date()
            except ValueError:
                continue
        return None

    formats = _DATE_FORMATS if currency == "USD" else sorted(_DATE_FORMATS, key=lambda each: each.startswith("%m"))
    chosen = next((each for each in formats if written and all(parse(text, each) for text in written)), formats[0])

    def to_date(text: str, number: int) -> date:
        found = parse(text, chosen)
        if found is None or not 2000 <= found.year <= 2100:
            raise ValidationError(f"Line {number}: “{text[:40]}” is not a valid date. Nothing was imported.")
        return found

    return to_date


# A number with a sign before or after it or in parentheses, optionally with a currency on either side.
_AMOUNT = re.compile(r"(?P<open>\(?)(-?)[A-Z$€£¥₹]{0,4}(-?)(?P<digits>\d[\d.,]*|[.,]\d+)[A-Z$€£¥₹]{0,4}(-?)\)?")


def _amount(text: str, number: int) -> Decimal:
    # Typographic minus signs, and spaces and apostrophes between thousands.
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
        raise ValidationError(f"Line {number}: “{text[:40]}” is not a valid amount. Nothing was imported.")
    assert found
    return -amount if found["open"] or "-" in found.group(2, 3, 5) else amount


class _Links:
    """The links of a program by product number, slug and URL, as reports name them."""

    def __init__(self, program: Program) -> None:
        self._known: dict[str, Link] = {}
        for link in Link.objects.filter(program=program).order_by("-pk"):
            self._known |= {link.slug: link, link.destination: link, link.shop_url: link}
            if number := asin(link.destination):
                self._known[number] = link

    def find(self, item: str) -> Link | None:
        return self._known.get(item)
