"""Read CSV as programs really write it: any Unicode encoding, any usual delimiter, quotes doubled or after a backslash.

Every importer uses this module, so that each gets the same fixes.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple, TextIO

from django.core.exceptions import ValidationError

from plaintext.folding import fold

# The first one wins a tie: texts contain commas more often than the others.
_DELIMITERS = "\t;|,"
_SAMPLE_LENGTH = 65_536
_SAMPLE_RECORDS = 30
_CHUNK_BYTES = 1 << 20
# Longest first: the mark of UTF-32 starts with that of UTF-16.
_BYTE_ORDER_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<delimiter>\t|[^\s\w"\\])"?[ ,;]*(\r\n|\r|\n|$)', re.IGNORECASE)
# Only where backslashes escape quotes is such a quote followed by text, or by the quote that ends the cell.
_BACKSLASH_ESCAPE = r'\\"(?:[^{0}\r\n"]|"(?=[{0}\r\n]))'
# A line that no file contains. If it becomes part of a cell, that cell was never closed.
_END = "\ue000end of file\ue000"


class CsvLine(NamedTuple):
    """A record: the number of its first line in the file, and its cells without surrounding spaces."""

    number: int
    cells: list[str]


class CsvFile:
    """A CSV file whose dialect is known. It reads `file` piece by piece, and can be read several times."""

    def __init__(self, file: BinaryIO, *, fallback_encoding: str = "") -> None:
        """Find out the dialect. Raise ValidationError if this is not a text file.

        `fallback_encoding` is used for files that are not Unicode. Without it, they are refused.
        """
        self._file = file
        self._encoding = _detect_encoding(file, fallback_encoding)
        self.delimiter, self._first_line, self._has_backslashes = ",", 1, False
        self._examine()

    def __iter__(self) -> Iterator[CsvLine]:
        """Yield the records, without empty ones. Raise ValidationError where the file is not valid CSV."""
        reader = csv.reader(self._physical_lines(), delimiter=self.delimiter, skipinitialspace=True)
        end, cells = self._first_line - 1, [""]
        try:
            for cells in reader:
                start, end = end + 1, reader.line_num + self._first_line - 1
                if cells and cells[-1].endswith(_END):
                    break
                if any(cells):
                    yield CsvLine(start, [cell.strip() for cell in cells])
        except csv.Error as error:
            raise ValidationError(
                f"This is not a valid CSV file: a cell in line {end + 1} is too long, or its quote is never closed."
            ) from error
        if cells != [_END]:
            raise ValidationError(f"This is not a valid CSV file: line {start} opens a quote that is never closed.")

    def read(self) -> str:
        """Return the whole text, without a byte order mark."""
        with _open_text(self._file, self._encoding) as text:
            return text.read()

    def _examine(self) -> None:
        """Read the whole file once to find the delimiter, backslash escapes and wrong bytes."""
        previous = ""
        try:
            with _open_text(self._file, self._encoding) as text:
                chunk = text.read(_CHUNK_BYTES)
                self._find_delimiter(chunk[:_SAMPLE_LENGTH].lstrip("\ufeff"))
                escape = re.compile(_BACKSLASH_ESCAPE.format(re.escape(self.delimiter)))
                while chunk:
                    # At the end of the file, too, the last cell ends.
                    self._has_backslashes |= bool(escape.search(f"{previous}{chunk}\n"))
                    if "\x00" in chunk:
                        raise ValidationError("This is not a CSV file. Save the table as “CSV UTF-8” and try again.")
                    previous, chunk = chunk[-3:], text.read(_CHUNK_BYTES)
        except UnicodeError:
            raise ValidationError("The file is not encoded in UTF-8. Save it as “CSV UTF-8” and try again.") from None

    def _find_delimiter(self, sample: str) -> None:
        if separator := _SEPARATOR_LINE.match(sample):
            self.delimiter, self._first_line = separator["delimiter"], 2
        else:
            self.delimiter = _detect_delimiter(sample)

    def _physical_lines(self) -> Iterator[str]:
        with _open_text(self._file, self._encoding) as text:
            if self._first_line == 2:
                text.readline()
            for number, line in enumerate(text):
                # A file saved twice with a byte order mark has two.
                line = line.lstrip("\ufeff") if number == 0 else line
                yield line.replace('\\"', '""') if self._has_backslashes else line
        yield _END


@contextmanager
def _open_text(file: BinaryIO, encoding: str) -> Iterator[TextIO]:
    """Give the text of a binary file from its start. Leave the file open."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield text
    finally:
        if not file.closed:
            text.detach()


def _detect_encoding(file: BinaryIO, fallback: str) -> str:
    file.seek(0)
    start = file.read(20)
    if start.startswith(_EXCEL):
        raise ValidationError("This is an Excel file. Save it as “CSV UTF-8” and try again.")
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding
    # A file starts with column names. In UTF-16, every second byte of ASCII letters is zero.
    for encoding, zeros in (("utf-16-le", start[1:20:2]), ("utf-16-be", start[:20:2])):
        if len(start) >= 8 and zeros.count(0) > 0.8 * len(zeros):
            return encoding
    if fallback and not _is_utf8(file):
        return fallback
    return "utf-8"


def _is_utf8(file: BinaryIO) -> bool:
    try:
        with _open_text(file, "utf-8") as text:
            while text.read(_CHUNK_BYTES):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _detect_delimiter(sample: str) -> str:
    """Return the delimiter that divides the most records into the same number of cells, more than one."""
    scores = {delimiter: _score(sample, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=scores.__getitem__)
    return best if scores[best] > (0, 0) else ","


def _score(sample: str, delimiter: str) -> tuple[float, int]:
    """Return the share of records with the most usual number of cells, and this number; zeros if it is 1."""
    lengths = list(_count_cells(sample, delimiter))
    if len(sample) == _SAMPLE_LENGTH:
        # The last record may go on after the sample.
        lengths.pop()
    lengths = lengths[:_SAMPLE_RECORDS]
    counts = Counter(length for length in lengths if length > 1)
    return max(((count / len(lengths), length) for length, count in counts.items()), default=(0, 0))


def _count_cells(sample: str, delimiter: str) -> Iterator[int]:
    """Yield the number of cells of each record, and 0 where a quoted cell does not end before a delimiter."""
    if re.search(_BACKSLASH_ESCAPE.format(re.escape(delimiter)), sample):
        sample = sample.replace('\\"', '""')
    # The reader's strict mode refuses spaces after a closing quote.
    sample = re.sub(rf"(?<! ) ++(?=[{re.escape(delimiter)}\r\n])", "", sample)
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield 0
        else:
            if any(cells):
                yield len(cells)


def decode(content: bytes) -> str:
    """Return the text of a CSV file. Raise ValidationError if it is not Unicode text."""
    return CsvFile(io.BytesIO(content)).read()


def normalize_heading(name: str) -> str:
    """Return a column name in the form used for comparison: folded, letters and digits only."""
    return re.sub(r"\W|_", "", fold(name))
