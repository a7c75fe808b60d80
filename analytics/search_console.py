"""Read the file “Pages.csv” of Google Search Console, and join its lines to posts and pages."""

import re
from datetime import date
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction

from analytics.models import SearchConsolePage, SearchConsoleReport
from pagecache.invalidation import CacheScope, invalidate_only
from plaintext.csv_reader import CsvFile
from publishing.document_paths import documents_at

MAX_LINES = 20_000
# In the order of Google's columns, whose names depend on the language of the account.
_URL, _CLICKS, _IMPRESSIONS, _POSITION = 0, 1, 2, 4
_NOT_DIGITS = re.compile(r"\D")


class Line(NamedTuple):
    """A line of the file."""

    url: str
    clicks: int
    impressions: int
    position: float | None


class Result(NamedTuple):
    """What was imported."""

    lines: int
    joined: int
    clicks: int


def import_pages(file: BinaryIO, first_day: date, last_day: date) -> Result:
    """Import a file, replacing an earlier one about the same days. Raise ValidationError if it is not such a file."""
    lines = _read(file)
    paths = {line.url: unquote(urlsplit(line.url).path).strip("/") for line in lines}
    documents = {getattr(each, each.path_field): each for each in documents_at(set(paths.values()) - {""})}
    with invalidate_only(CacheScope.NONE), transaction.atomic():
        report, _ = SearchConsoleReport.objects.update_or_create(first_day=first_day, last_day=last_day)
        report.pages.all().delete()
        rows = []
        for line in lines:
            document = documents.get(paths[line.url])
            kind, pk = (str(document._meta.model_name), document.pk) if document else ("", None)
            rows.append(SearchConsolePage(report=report, kind=kind, document_id=pk, **line._asdict()))
        SearchConsolePage.objects.bulk_create(rows, batch_size=500)
    joined = sum(row.document_id is not None for row in rows)
    return Result(len(lines), joined, sum(line.clicks for line in lines))


def _read(file: BinaryIO) -> list[Line]:
    lines = []
    for number, record in enumerate(CsvFile(file)):
        if number == 0 and not record.cells[0].startswith("http"):
            continue  # the names of the columns
        if number > MAX_LINES:
            raise ValidationError(f"The file has more than {MAX_LINES:,} lines. Export the pages only.")
        lines.append(_line(record.number, record.cells))
    if not lines:
        raise ValidationError("The file has no lines. Choose the file Pages.csv of the export.")
    return lines


def _line(number: int, cells: list[str]) -> Line:
    try:
        url, clicks, impressions = cells[_URL], _integer(cells[_CLICKS]), _integer(cells[_IMPRESSIONS])
        position = float(cells[_POSITION].replace(",", ".")) if len(cells) > _POSITION and cells[_POSITION] else None
        if not url.startswith(("https://", "http://")):
            raise ValueError(url)
    except (IndexError, ValueError) as error:
        message = (
            f"Line {number} is not about a page. Choose the file Pages.csv, with the columns page, clicks,"
            " impressions, CTR and position."
        )
        raise ValidationError(message) from error
    return Line(url[:1000], clicks, impressions, position)


def _integer(text: str) -> int:
    """Return a whole number, whatever separates its thousands."""
    digits = _NOT_DIGITS.sub("", text)
    if len(digits) > 9:
        raise ValueError(text)
    return int(digits)
