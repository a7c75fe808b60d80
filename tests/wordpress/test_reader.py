"""Test reading, repairing and rejecting export files."""

import gzip
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wordpress.reader import Author, ExportError, Item, Term, TermRef, read_export

CLINIC = Path(__file__).parent / "fixtures" / "clinic.xml"
TEXT = CLINIC.read_text()
RSS = '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>'


def saved(folder: Path, text: str | bytes, name: str = "export.xml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def items_of(folder: Path, text: str | bytes) -> list[Item]:
    return list(read_export(saved(folder, text)).items())


def error_message(path: Path) -> str:
    with pytest.raises(ExportError) as raised:
        read_export(path)
    return str(raised.value)


def test_site_fields_are_read() -> None:
    export = read_export(CLINIC)
    assert export.site_url == "https://clinic.example"
    assert export.base_blog_url == "https://clinic.example/blog"
    assert export.title == "Knees & Backs"
    assert export.wxr_version == "1.2"
    assert export.warnings == ()


def test_authors_include_creators_without_an_author_element() -> None:
    assert read_export(CLINIC).authors == (
        Author("pat", "pat@clinic.example", "Pat Doe", "Pat", "Doe", wp_id="1"),
        Author("guest"),
    )


def test_terms_are_read_from_the_channel_and_from_items() -> None:
    assert read_export(CLINIC).terms == (
        Term("category", "knee", "Knee & Shin", "joints", "About knees.", wp_id="2"),
        Term("post_tag", "knee", "Knee", wp_id="3"),
        Term("nav_menu", "top", "Top", wp_id="4"),
        Term("post_tag", "rehab", "Rehab"),
    )


def test_item_fields_are_read() -> None:
    post = next(read_export(CLINIC).items())
    assert (post.post_id, post.post_type, post.status, post.creator) == (11, "post", "publish", "pat")
    assert post.title == "Squats & steps"
    assert post.slug == "squats-✓"
    assert post.link == "https://clinic.example/blog/2024/01/squats/"
    assert post.guid == "https://clinic.example/blog/?p=11"
    assert post.body == "First line.\n\nSecond <b>line</b>."
    assert post.excerpt == "In short."
    assert (post.menu_order, post.is_sticky, post.password, post.comment_status) == (3, True, "open sesame", "open")
    assert post.terms == (TermRef("category", "knee", "Knee & Shin"), TermRef("post_tag", "rehab", "Rehab"))
    assert post.meta == (("_thumbnail_id", "13"), ("quote", "a\\\\b 'c' \"d\""))


def test_comment_fields_are_read_with_default_kind() -> None:
    (comment,) = next(read_export(CLINIC).items()).comments
    assert (comment.comment_id, comment.parent_id, comment.kind, comment.approved) == (21, 20, "comment", "1")
    assert (comment.author, comment.email, comment.url) == ("Reader", "reader@example.org", "https://reader.example")
    assert (comment.ip, comment.body) == ("192.0.2.7", "It helped.")
    assert comment.posted_at == datetime(2024, 1, 11, 14, tzinfo=UTC)


def test_items_of_all_types_can_be_read_twice() -> None:
    export = read_export(CLINIC)
    first = list(export.items())
    assert [item.post_type for item in first] == ["post", "page", "attachment"]
    assert first[2].attachment_url == "https://clinic.example/wp-content/uploads/knee.jpg"
    assert list(export.items()) == first


def test_date_without_gmt_uses_the_offset_of_other_items() -> None:
    post, page, image = read_export(CLINIC).items()
    assert post.published_at == datetime(2024, 1, 10, 14, tzinfo=UTC)
    assert page.published_at == datetime(2024, 1, 20, 14, tzinfo=UTC)
    assert page.modified_at is None
    assert image.published_at is None


def test_local_date_is_utc_without_known_offset(tmp_path: Path) -> None:
    text = re.sub(r"<wp:post_date_gmt>.*?</wp:post_date_gmt>", "", TEXT)
    assert items_of(tmp_path, text)[1].published_at == datetime(2024, 1, 20, 9, tzinfo=UTC)


def test_summer_dates_use_the_summer_offset(tmp_path: Path) -> None:
    def dated(local: str, gmt: str) -> str:
        return (
            f"<item><wp:post_type>post</wp:post_type><wp:post_date>{local}</wp:post_date>"
            f"<wp:post_date_gmt>{gmt}</wp:post_date_gmt></item>"
        )

    items = items_of(
        tmp_path,
        RSS
        + dated("2024-01-05 08:00:00", "2024-01-05 13:00:00") * 2
        + dated("2024-07-05 08:00:00", "2024-07-05 12:00:00")
        + dated("2024-07-09 08:00:00", "0000-00-00 00:00:00")
        + "</channel></rss>",
    )
    assert items[3].published_at == datetime(2024, 7, 9, 12, tzinfo=UTC)


def test_whitespace_around_values_is_ignored(tmp_path: Path) -> None:
    padded = re.sub(r"<!\[CDATA\[(.*?)\]\]>", "<![CDATA[\n  \\1\n  ]]>", TEXT, flags=re.DOTALL)
    padded = re.sub(r"<(wp:\w+)>([^<\s][^<]*)</", r"<\1>\n\t\2\n\t</", padded)
    assert padded.count("\n") > TEXT.count("\n") + 50
    export = read_export(saved(tmp_path, padded))
    assert list(export.items()) == list(read_export(CLINIC).items())
    assert export.terms == read_export(CLINIC).terms
    assert export.authors == read_export(CLINIC).authors


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_namespace_matches_with_any_prefix_and_version(tmp_path: Path, version: str) -> None:
    text = re.sub(r"(</?|xmlns:)wp:", r"\1own:", TEXT.replace("xmlns:wp=", "xmlns:own="))
    text = text.replace("export/1.2/", f"export/{version}/")
    assert "<wp:" not in text
    assert items_of(tmp_path, text) == list(read_export(CLINIC).items())


def test_other_namespace_with_the_same_prefix_is_ignored(tmp_path: Path) -> None:
    text = TEXT.replace("<wp:postmeta>", '<wp:postmeta xmlns:wp="http://elsewhere.example/">')
    assert items_of(tmp_path, text)[0].meta == ()


@pytest.mark.parametrize("packing", ["xml", "gzip", "zip"])
def test_compressed_export_reads_the_same(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "export.bin"
    if packing == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(CLINIC, "site.xml")
            archive.writestr("__MACOSX/._site.xml", b"\x00\x05")
            archive.writestr("readme.txt", "hello")
    else:
        path.write_bytes(gzip.compress(TEXT.encode()) if packing == "gzip" else TEXT.encode())
    export = read_export(path)
    assert list(export.items()) == list(read_export(CLINIC).items())
    assert export.terms == read_export(CLINIC).terms


def test_files_in_a_zip_form_one_export(tmp_path: Path) -> None:
    head, *items = re.split(r"(?=<item>)", TEXT.replace("</channel>\n</rss>\n", ""))
    end = "</channel></rss>"
    second = head.replace("clinic.example", "other.example").replace("About knees.", "Later.")
    path = tmp_path / "parts.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("site.001.xml", second + "".join(items[1:]) + end)
        archive.writestr("site.000.xml", head + items[0] + end)
    export = read_export(path)
    assert export.site_url == "https://clinic.example"
    assert export.terms == read_export(CLINIC).terms
    assert list(export.items()) == list(read_export(CLINIC).items())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("<?xml", "\ufeff<?xml", id="byte order mark"),
        pytest.param("<?xml", "\n\n  <?xml", id="blank lines first"),
        pytest.param("<channel>", '<channel><atom:link href="x" rel="self"/>', id="undeclared prefix"),
        pytest.param("<title>A draft", "<category>Q&A</category><title>A draft", id="bare ampersand"),
        pytest.param("First line.", "First\x00\x0b\x1c line.", id="control characters"),
    ],
)
def test_small_errors_are_repaired_without_loss(tmp_path: Path, old: str, new: str) -> None:
    assert items_of(tmp_path, TEXT.replace(old, new, 1)) == list(read_export(CLINIC).items())


def test_repaired_file_has_a_warning_with_line_number(tmp_path: Path) -> None:
    text = TEXT.replace("A draft", "Q&A")
    export = read_export(saved(tmp_path, text))
    line = text[: text.index("Q&A")].count("\n") + 1
    assert [f"line {line})" in warning for warning in export.warnings] == [True]
    assert next(item.title for item in export.items() if item.post_id == 12) == "Q&A"


@pytest.mark.parametrize("inside", ["a ]]> b", "//]]>\n</script> c", "]]>", "x <![CDATA[ y ]]> z", "&amp; & ]]> &lt;"])
def test_cdata_end_marker_inside_a_body_does_not_end_it(tmp_path: Path, inside: str) -> None:
    items = items_of(tmp_path, TEXT.replace("First line.", f"<b>{inside}</b>"))
    assert items[0].body == f"<b>{inside}</b>\n\nSecond <b>line</b>."
    assert len(items) == 3


def test_repair_of_a_long_body_loses_no_character(tmp_path: Path) -> None:
    long = "".join(f"{number} ]]> " for number in range(40_000)) + "."
    assert items_of(tmp_path, TEXT.replace("First line.", long))[0].body == f"{long}\n\nSecond <b>line</b>."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param(b"It\x92s \x93caf\xe9\x94", "It’s “café”", id="Windows-1252 in UTF-8"),
        pytest.param("It\x92s \x93café\x94".encode(), "It’s “café”", id="stored as control characters"),
        pytest.param(b"Caf\xc3\xa9 \xe2\x80 now", "Café \ufffd now", id="character cut off"),
        pytest.param(b"caf\xe9 \x81 now", "café \ufffd now", id="in no encoding"),
    ],
)
def test_bytes_of_another_encoding_are_read(tmp_path: Path, written: bytes, shown: str) -> None:
    text = TEXT.encode().replace(b"First line.", written).replace(b"A draft", written)
    items = items_of(tmp_path, text)
    assert (items[0].body, items[1].title) == (f"{shown}\n\nSecond <b>line</b>.", shown)


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252"])
def test_declared_western_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = TEXT.replace('encoding="UTF-8"', f'encoding="{encoding}"').replace("A draft", "Entwürfe’s")
    assert items_of(tmp_path, text.encode("cp1252"))[1].title == "Entwürfe’s"


def test_utf_8_that_is_declared_as_ascii_is_read(tmp_path: Path) -> None:
    text = TEXT.replace('encoding="UTF-8"', 'encoding="US-ASCII"').replace("A draft", "Entwürfe’s")
    assert items_of(tmp_path, text.encode())[1].title == "Entwürfe’s"


def test_missing_version_causes_a_warning(tmp_path: Path) -> None:
    export = read_export(saved(tmp_path, TEXT.replace("<wp:wxr_version>1.2</wp:wxr_version>", "")))
    assert len(export.warnings) == 1
    assert "version" in export.warnings[0]
    assert export.wxr_version == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("Dear Pat,\n\nhere it is", "not XML"),
        ("<!DOCTYPE html><html><body>Log in</body></html>", "log-in page"),
        ("<html lang='en'><body>Log in</body></html>", "log-in page"),
        ("<rss><channel><title>Feed</title><item><title>A</title></item></channel></rss>", "news feed"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'/>", "news feed"),
        ("<catalogue><book/></catalogue>", "XML"),
        ("<item><title>A</title></item>", "only part of"),
        (RSS + "<title>A</title></channel></rss>", "no posts"),
        (RSS + "<title>A</oops></channel></rss>", "damaged near line 1"),
        (RSS + "<item><wp:post_type>shop_order</wp:post_type></item></channel></rss>", "shop"),
    ],
)
def test_other_files_are_rejected_with_a_reason(tmp_path: Path, content: str, reason: str) -> None:
    message = error_message(saved(tmp_path, content))
    assert reason in message
    assert "Tools > Export" in message


def test_cut_off_file_is_rejected_with_line_and_title(tmp_path: Path) -> None:
    cut = TEXT[: TEXT.index("<wp:attachment_url>")]
    message = error_message(saved(tmp_path, cut))
    assert f"line {cut.count(chr(10)) + 1}" in message
    assert "knee.jpg" in message


def test_file_cut_at_any_point_is_rejected(tmp_path: Path) -> None:
    for end in range(400, TEXT.index("</rss>"), 271):
        assert error_message(saved(tmp_path, TEXT[:end]))


def test_cut_off_archive_is_rejected(tmp_path: Path) -> None:
    assert "cut off" in error_message(saved(tmp_path, gzip.compress(TEXT.encode())[:-600], "a.xml.gz"))
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.write(CLINIC, "site.xml")
    assert "cut off" in error_message(saved(tmp_path, whole.read_bytes()[:-30], "cut.zip"))


def test_zip_without_export_is_rejected(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("knee.jpg", b"\xff\xd8")
    assert "contains no WordPress export" in error_message(tmp_path / "photos.zip")


@pytest.mark.parametrize(
    "declarations",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">',
        '<!ENTITY c SYSTEM "{secret}">',
        '<!ENTITY % far SYSTEM "http://192.0.2.1/x.dtd"> %far;',
    ],
)
@pytest.mark.parametrize("before", ["", "<!-- <rss> -->", "<?note <rss> ?>"])
def test_entity_declarations_are_rejected(tmp_path: Path, declarations: str, before: str) -> None:
    secret = saved(tmp_path, "top secret", "secret.txt")
    doctype = f"{before}<!DOCTYPE rss [{declarations.replace('{secret}', secret.as_uri())}]>"
    text = TEXT.replace("<rss", doctype + "<rss", 1).replace("<title>A draft", "<title>&c;")
    message = error_message(saved(tmp_path, text))
    assert "entities" in message
    assert "secret" not in message


def test_undeclared_entity_stays_text(tmp_path: Path) -> None:
    assert items_of(tmp_path, TEXT.replace("A draft", "A&nbsp;draft &far;"))[1].title == "A\xa0draft &far;"


def peak_memory(path: Path) -> int:
    """Return the peak memory in kB of a new process that reads `path` twice, including the parser's memory."""
    code = (
        "import sys; from pathlib import Path; from wordpress.reader import read_export\n"
        "assert sum(1 for _ in read_export(Path(sys.argv[1])).items()) > 2\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    root = Path(__file__).parents[2]
    return int(subprocess.run([sys.executable, "-c", code, path], cwd=root, check=True, capture_output=True).stdout)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="requires /proc")
@pytest.mark.parametrize("fault", ["", "\x0b"])
def test_memory_use_is_independent_of_file_size(tmp_path: Path, fault: str) -> None:
    head, item, *_ = re.split(r"(?=<item>)", TEXT)
    item = item.replace("First line.", "word " * 4000 + fault)
    path = saved(tmp_path, head + item * 600 + "</channel></rss>")
    assert path.stat().st_size > 12_000_000
    assert peak_memory(path) - peak_memory(CLINIC) < 6_000
