"""CSV files are safe to open in a spreadsheet, can be read back, and are written line by line."""

import csv
import io
from collections.abc import Iterator

import pytest

from plaintext.csv_export import unescape_formula, write_csv


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_cell_that_could_be_a_formula_gets_an_apostrophe(cell: str) -> None:
    _, line = write_csv(["note"], [[cell]])
    ((escaped,),) = csv.reader(io.StringIO(line, newline=""))
    assert escaped == f"'{cell}"
    assert unescape_formula(escaped) == cell


@pytest.mark.parametrize("cell", ["", "Sam", "'Sam", "a=b", 'say "hi"', "a,b;c", "two\nlines", "Zoë"])
def test_other_texts_are_unchanged_after_reading_them_back(cell: str) -> None:
    _, line = write_csv(["note"], [[cell, "end"]])
    assert list(csv.reader(io.StringIO(line, newline=""))) == [[cell, "end"]]
    assert unescape_formula(cell) == cell


def test_numbers_are_not_escaped() -> None:
    assert list(write_csv(["a", "b"], [[-1, None]])) == ["a,b\r\n", "-1,\r\n"]


def test_rows_are_read_one_at_a_time() -> None:
    def rows() -> Iterator[list[str]]:
        yield ["first"]
        raise RuntimeError("read ahead")

    lines = write_csv(["note"], rows())
    assert [next(lines), next(lines)] == ["note\r\n", "first\r\n"]
