"""Reading CSV in the dialects of many programs."""

import csv
import io
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from plaintext.characters import strip_invisible_characters
from plaintext.csv_reader import CsvFile, decode


def read(content: bytes, fallback_encoding: str = "") -> list[tuple[int, list[str]]]:
    return [(line.number, line.cells) for line in CsvFile(io.BytesIO(content), fallback_encoding=fallback_encoding)]


@pytest.mark.parametrize(
    ("content", "records"),
    [
        ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
        ("sep=;\na;b\n1;2,5\n", [["a", "b"], ["1", "2,5"]]),
        ('"sep=|"\r\na|b\r\n1|2\r\n', [["a", "b"], ["1", "2"]]),
        ('"a; x","b"\n"1; y","2"\n', [["a; x", "b"], ["1; y", "2"]]),
        ('"a, x";"b"\n"1, y";"2"\n', [["a, x", "b"], ["1, y", "2"]]),
        ("title\n\na;b;c\n1,5;2;3\n", [["title"], ["a", "b", "c"], ["1,5", "2", "3"]]),
        ('"a","b"\n"say \\"hi\\", you","2"\n', [["a", "b"], ['say "hi", you', "2"]]),
        ('"a","b"\n"x","5\\""', [["a", "b"], ["x", '5"']]),
        ('"a","b"\n"5\\";","2"\n', [["a", "b"], ['5";', "2"]]),
        ('a,b\n"say ""hi""",2\n', [["a", "b"], ['say "hi"', "2"]]),
        ('"a","b"\n"C:\\","2"\n', [["a", "b"], ["C:\\", "2"]]),
        ('a, b\n1, "x, y"\n', [["a", "b"], ["1", "x, y"]]),
        ("a,note\n1,likes; more\n2,and; more\n", [["a", "note"], ["1", "likes; more"], ["2", "and; more"]]),
        ("a\n1\n", [["a"], ["1"]]),
        ('"a";"b";"c"\r",";",";","\r', [["a", "b", "c"], [",", ",", ","]]),
        ('"a;b";c\n"1;2";3\n', [["a;b", "c"], ["1;2", "3"]]),
        ('a,b\n"x;y;z","1;2"\n"x;y;z","1;2"\n', [["a", "b"], ["x;y;z", "1;2"], ["x;y;z", "1;2"]]),
        ('"a" ; "b"\n"1,2" ; "3,4"\n', [["a", "b"], ["1,2", "3,4"]]),
        ('"a"\r"1;2;3"\r"4;5;6"\r', [["a"], ["1;2;3"], ["4;5;6"]]),
        ('a,b\r\n"x\r\n;\r\n;\r\n;",2\r\n', [["a", "b"], ["x\r\n;\r\n;\r\n;", "2"]]),
        ('a,b\n"x"y,1\n2,3\n', [["a", "b"], ["xy", "1"], ["2", "3"]]),
        ('sep="\na,b\n', [['sep="'], ["a", "b"]]),
        ("sep= \na,b\n", [["sep="], ["a", "b"]]),
        ("", []),
    ],
)
def test_the_dialect_of_a_file_is_found(content: str, records: list[list[str]]) -> None:
    assert [cells for _, cells in read(content.encode())] == records


def test_a_record_has_the_number_of_its_first_line() -> None:
    assert read(b'sep=,\na,b\n\n1,"x\ny\nz"\n2,w\n') == [(2, ["a", "b"]), (4, ["1", "x\ny\nz"]), (7, ["2", "w"])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'a,b\n1,2\n3,"4\n5,6\n', "line 3 opens a quote that is never closed"),
        (b'a,b\n1,"' + b"x" * 200_000 + b'"\n', "a cell in line 2 is too long"),
        (b"a,b\x00\n", "not a CSV file"),
        (b"PK\x03\x04", "an Excel file"),
        (b"a,\xfc\n", "not encoded in UTF-8"),
        ("a,b\n".encode("utf-16")[:-1], "not encoded in UTF-8"),
    ],
)
def test_a_file_that_is_not_csv_is_refused_with_a_sentence(content: bytes, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read(content)


def test_a_long_cell_of_text_does_not_decide_the_delimiter() -> None:
    text = "hold; breathe\n" * 6000
    assert read(f'a,b\n"{text}",2\n'.encode())[1] == (2, [text.strip(), "2"])


def test_a_fallback_encoding_is_used_only_for_files_that_are_not_unicode() -> None:
    for encoding in ("utf-8", "utf-16", "cp1252"):
        assert read("a,ü\n".encode(encoding), "cp1252") == [(1, ["a", "ü"])]


def test_a_file_can_be_read_several_times_and_stays_open() -> None:
    file = io.BytesIO(b"a,b\n1,2\n")
    table = CsvFile(file)
    assert next(iter(table)).cells == ["a", "b"]
    assert list(table) == list(table)
    assert not file.closed
    assert decode(b"\xef\xbb\xbfa,b\n") == "a,b\n"


def test_invisible_characters_are_removed_from_identifiers() -> None:
    assert strip_invisible_characters("\ufeff sam\u200b@exam\u00adple.org\u202c\u00a0") == "sam@example.org"


_CELLS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Co", "Cc"], exclude_characters="\\"), st.sampled_from(' ,;|\t"\n')
    ),
    max_size=12,
)


@given(
    st.lists(st.tuples(_CELLS, _CELLS, _CELLS), max_size=6),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"]),
)
def test_what_was_written_is_read(rows: list[tuple[str, ...]], delimiter: str, newline: str, encoding: str) -> None:
    file = io.StringIO(newline="")
    table = [("first", "second", "third"), *rows]
    csv.writer(file, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(table)
    written = [[cell.strip() for cell in row] for row in table if any(row)]
    assert [cells for _, cells in read(file.getvalue().encode(encoding))] == written


@given(st.text(st.sampled_from('ab ,;|\t"\\\r\n=sep\x00\ufeff'), max_size=40), st.sampled_from(["utf-8", "utf-16"]))
def test_any_text_is_read_or_refused_with_a_sentence(text: str, encoding: str) -> None:
    with suppress(ValidationError):
        read(text.encode(encoding))
