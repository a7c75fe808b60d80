"""Test that hostile and unsuitable files are refused in the author's words, before they fill the memory."""

import gzip
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wordpress.exports import HEAD, TAIL, item
from wordpress.archive_reader import MAX_ITEM_BYTES, ExportError
from wordpress.reader import read_export


@pytest.fixture
def peak() -> Iterator[list[int]]:
    found: list[int] = []
    tracemalloc.start()
    yield found
    tracemalloc.stop()


def error_of(path: Path) -> str:
    with pytest.raises(ExportError) as caught:
        read_export(path)
    return str(caught.value)


def test_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, peak: list[int]) -> None:
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.xml", "w") as member,
    ):
        member.write((HEAD + "<item><title>").encode())
        for _ in range(150):
            member.write(b" " * 1_000_000)
    tracemalloc.reset_peak()
    assert "would unpack to" in error_of(path)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000


def test_gzip_bomb_is_refused_early(tmp_path: Path, peak: list[int]) -> None:
    path = tmp_path / "bomb.xml.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(HEAD.encode())
        for _ in range(150):
            stream.write(b"<title>x</title>" * 62_500)
    tracemalloc.reset_peak()
    assert "would unpack to" in error_of(path)
    assert tracemalloc.get_traced_memory()[1] < 60_000_000


def test_single_item_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    path.write_text(HEAD + item(body="x" * (MAX_ITEM_BYTES + 1_000_000)) + TAIL)
    assert "One item of this file is larger" in error_of(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "wide.xml"
    text = (HEAD + item(title="Füße", body="Grüße, 你好") + TAIL).replace('encoding="UTF-8"', 'encoding="UTF-16"')
    path.write_bytes(text.encode(encoding))
    (found,) = read_export(path).items()
    assert (found.title, found.body) == ("Füße", "Grüße, 你好")


def test_damaged_utf_16_is_repaired(tmp_path: Path) -> None:
    path = tmp_path / "wide.xml"
    path.write_bytes((HEAD + item(title="Füße & mehr") + TAIL).encode("utf-16"))
    (found,) = read_export(path).items()
    assert found.title == "Füße & mehr"


def test_other_xml_in_a_zip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mixed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("site.xml", HEAD + item() + TAIL)
        archive.writestr("sitemap.xml", "<urlset/>")
    export = read_export(path)
    assert len(list(export.items())) == 1
    assert any(warning.startswith("Not read: sitemap.xml: This file is XML") for warning in export.warnings)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sitemap.xml", "<urlset/>")
    assert error_of(path).startswith("sitemap.xml: This file is XML, but not a WordPress export")


def test_shop_only_export_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.xml"
    items = [
        item(1, kind="product"),
        item(2, kind="shop_order"),
        item(3, kind="attachment"),
        item(4, kind="nav_menu_item"),
    ]
    path.write_text(HEAD + "".join(items) + TAIL)
    assert "only shop products" in error_of(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<feed xmlns='http://www.w3.org/2005/Atom'/>", "news feed"),
        ("<rss><channel><item><title>News</title></item></channel></rss>", "news feed"),
        ("<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rss>&a;</rss>", "entities"),
        ("<!doctype html><title>Log In</title>", "log-in page"),
        (HEAD + item()[:300], "cut off"),
        (HEAD + TAIL, "empty"),
        ("PK", "not XML"),
    ],
)
def test_wrong_file_says_what_to_do(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "wrong.xml"
    path.write_text(text)
    assert words in error_of(path)
    assert "Tools > Export > All content" in error_of(path)
