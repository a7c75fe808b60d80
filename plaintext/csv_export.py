"""Write CSV that spreadsheets open safely."""

import csv
import re
from collections.abc import Iterable, Iterator

# Spreadsheets evaluate a cell that starts with one of these as a formula (OWASP, "CSV injection").
_FORMULA = re.compile(r"[=+\-@\t\r\n]")


def write_csv(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield `columns` and `rows` as CSV lines, one at a time, for a streaming response.

    Texts that a spreadsheet would evaluate as a formula get a leading apostrophe.
    """
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_escape_formula(cell) if isinstance(cell, str) else cell for cell in row])


def unescape_formula(cell: str) -> str:
    """Return `cell` without the apostrophe that `write_csv` added."""
    is_escaped = cell[:1] == "'" and _FORMULA.match(cell[1:])
    return cell[1:] if is_escaped else cell


def _escape_formula(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


class _Echo:
    """A file object that returns what is written to it, so that csv.writer returns lines."""

    def write(self, text: str) -> str:
        return text
