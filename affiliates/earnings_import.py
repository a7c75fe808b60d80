"""Import program reports: CSV files in three formats. An invalid file is rejected as a whole."""

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
from plaintext.csv_reader import CsvFile, CsvLine

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
    unique: tuple[str, ...]
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
        unique=("asin",),
        item=("asin",),
        network=Program.Network.AMAZON,
    ),
    # https://help.awin.com/docs/understanding-the-data-fields-in-the-transactions-report
    ReportFormat(
        "Awin: Transactions",
        day=("date", "transactiondate"),
        amount=("commission", "commissionamount"),
        unique=("commissionstatus",),
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
        unique=("transid", "voided"),
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
    table = _read_table(content)
    header, format_ = _find_header(table)
    if format_.network != program.network:
        raise ValidationError(
            f"This is a report in the format “{format_.name}”, not one from {program}. Nothing was imported."
        )
    earnings = _parse_earnings(table, header, format_, program)
    new = _store(earnings, program)
    return ImportResult(format_.name, len(earnings), new, sum((each.amount for each in earnings), Decimal(0)))


def _parse_earnings(table: list[CsvLine], header: int, format_: ReportFormat, program: Program) -> list[Earning]:
    """Return the earnings in the lines below the header, unsaved. The last line with an ID wins."""
    columns = [_normalize(name) for name in table[header].cells]

    def cell(row: list[str], names: Iterable[str]) -> str:
        return _cell(row, columns, names)

    # Some reports end with a total, which has no date.
    rows = [(number, row) for number, row in table[header + 1 :] if cell(row, format_.day)]
    currency = next((code for sign, code in _CURRENCIES.items() if sign in "".join(table[header].cells)), "USD")
    parse_date = _date_parser([cell(row, format_.day) for _, row in rows], currency)
    links = _LinkIndex(program)
    repeats: Counter[str] = Counter()
    earnings: dict[str, Earning] = {}
    for number, row in rows:
        amount = _parse_amount(cell(row, format_.amount), number)
        item = cell(row, format_.item)
        line = _line_key(cell(row, format_.number), row, repeats)
        earnings[line] = Earning(
            program=program,
            link=links.find(item),
            day=parse_date(cell(row, format_.day), number),
            amount=Decimal(0) if cell(row, format_.status).lower() in format_.rejected_statuses else amount,
            currency=_parse_currency(cell(row, format_.currency) or currency, number),
            item=item[:200],
            line=line,
        )
    return list(earnings.values())


def _line_key(number: str, row: list[str], repeats: Counter[str]) -> str:
    """Return the key that identifies a line. Without an ID (`number`), identical lines are separate sales."""
    if number:
        return hashlib.sha256(f"{number}\n1".encode()).hexdigest()
    text = "\n".join(row)
    repeats[text] += 1
    return hashlib.sha256(f"{text}\n{repeats[text]}".encode()).hexdigest()


def _store(earnings: list[Earning], program: Program) -> int:
    """Create or update `earnings`. Return how many are new."""
    with transaction.atomic():
        before = Earning.objects.filter(program=program).count()
        Earning.objects.bulk_create(
            earnings,
            update_conflicts=True,
            unique_fields=("program", "line"),
            update_fields=("amount", "day", "currency", "link", "item"),
            batch_size=500,
        )
        return Earning.objects.filter(program=program).count() - before


def _read_table(content: bytes) -> list[CsvLine]:
    if len(content) > MAX_BYTES:
        raise ValidationError("This file is larger than 5 MB. Export a shorter period.")
    lines = CsvFile(io.BytesIO(content), fallback_encoding="cp1252")
    return [CsvLine(number, [strip_control_characters(cell) for cell in cells]) for number, cells in lines]


def _find_header(table: list[CsvLine]) -> tuple[int, ReportFormat]:
    """Return the index of the header line and the format of the report."""
    for number, (_, row) in enumerate(table[:MAX_HEADER_LINE]):
        names = {_normalize(name) for name in row}
        for format_ in FORMATS:
            if names >= set(format_.unique) and names & set(format_.day) and names & set(format_.amount):
                return number, format_
    widest = max((cells for _, cells in table[:MAX_HEADER_LINE]), key=len, default=[])
    columns = ", ".join(filter(None, widest[:8])) or "none"
    supported = "; ".join(format_.name for format_ in FORMATS)
    raise ValidationError(
        f"This report format is not supported. Supported reports: {supported}. Columns in this file: {columns}."
    )


def _normalize(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _cell(row: list[str], columns: list[str], names: Iterable[str]) -> str:
    """Return the first non-empty cell of `row` in the columns `names`."""
    found = (row[at] for name in names for at, column in enumerate(columns) if column == name and at < len(row))
    return next(filter(None, found), "")


def _parse_currency(text: str, number: int) -> str:
    code = _CURRENCIES.get(text, text.upper())
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValidationError(f"Line {number}: “{text[:40]}” is not a currency code such as USD. Nothing was imported.")
    return code


def _date_parser(texts: list[str], currency: str) -> Callable[[str, int], date]:
    """Return a date parser for the first format that fits all of `texts`. Only USD reports have the month first."""

    def parse(text: str, format_: str) -> date | None:
        for part in (text, text.split("T")[0], text.split(" ")[0]):
            try:
                return datetime.strptime(part, format_).date()
            except ValueError:
                continue
        return None

    formats = _DATE_FORMATS if currency == "USD" else sorted(_DATE_FORMATS, key=lambda each: each.startswith("%m"))
    chosen = next((each for each in formats if texts and all(parse(text, each) for text in texts)), formats[0])

    def parse_date(text: str, number: int) -> date:
        found = parse(text, chosen)
        if found is None or not 2000 <= found.year <= 2100:
            raise ValidationError(f"Line {number}: “{text[:40]}” is not a valid date. Nothing was imported.")
        return found

    return parse_date


# A number with a sign before or after it or in parentheses, optionally with a currency on either side.
_AMOUNT = re.compile(r"(?P<open>\(?)(-?)[A-Z$€£¥₹]{0,4}(-?)(?P<digits>\d[\d.,]*|[.,]\d+)[A-Z$€£¥₹]{0,4}(-?)\)?")


def _parse_amount(text: str, number: int) -> Decimal:
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


class _LinkIndex:
    """The links of a program by product number, slug and URL, which are what reports contain."""

    def __init__(self, program: Program) -> None:
        self._links: dict[str, Link] = {}
        for link in Link.objects.filter(program=program).order_by("-pk"):
            self._links |= {link.slug: link, link.destination: link, link.shop_url: link}
            if number := asin(link.destination):
                self._links[number] = link

    def find(self, item: str) -> Link | None:
        return self._links.get(item)
