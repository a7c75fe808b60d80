"""Files are found by their paths in folders and archives, which cannot lead out of them or fill the memory."""

import zipfile
from pathlib import Path

import pytest

from tests.wordpress.uploads import write_uploads, write_zip
from wordpress.media.paths import originals, parse_media_url
from wordpress.media.sources import FileIndex, MediaSourceError, ZipSource, open_source
from wordpress.reader import read_export
from wordpress.source_site import SourceSite


@pytest.mark.parametrize(
    ("wanted", "names", "found"),
    [
        ("2020/05/knee.jpg", ["2020/05/knee.jpg", "2020/05/knee-300x200.jpg"], "2020/05/knee.jpg"),
        ("2020/05/knee-300x201.jpg", ["wp-content/uploads/2020/05/knee.jpg"], "wp-content/uploads/2020/05/knee.jpg"),
        ("2020/05/knee-scaled.jpg", ["2020/05/knee.jpg"], "2020/05/knee.jpg"),
        ("2020/05/knee.jpg", ["2020/05/knee-scaled.jpg"], "2020/05/knee-scaled.jpg"),
        ("2020/05/knee-e1612345678-300x200.jpg", ["2020/05/knee.jpg"], "2020/05/knee.jpg"),
        ("2020/05/knee.jpg", ["2020/05/knee-100x80.jpg", "2020/05/knee-300x200.jpg"], "2020/05/knee-300x200.jpg"),
        ("2020/05/Knie-Übung.jpg", ["2020/05/knie-u\u0308bung.jpg"], "2020/05/knie-u\u0308bung.jpg"),
        ("2020/05/knee.jpg", ["old/site/knee.jpg"], "old/site/knee.jpg"),
        ("2020/05/knee.jpg", ["a/knee.jpg", "b/knee.jpg"], ""),
    ],
)
def test_file_is_found_by_its_path_and_its_sizes(wanted: str, names: list[str], found: str) -> None:
    assert FileIndex(names).find(wanted)[0] == found


def test_sizes_lead_to_the_original() -> None:
    assert list(originals("a/knee-e1612345678-300x200.jpg"))[:3] == [
        "a/knee-e1612345678-300x200.jpg",
        "a/knee-e1612345678.jpg",
        "a/knee.jpg",
    ]


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://old.example/wp-content/uploads/2020/05/a%20b.jpg?w=300&resize=1", "2020/05/a b.jpg"),
        ("//www.old.example/wp-content/uploads/2020/05/a.jpg", "2020/05/a.jpg"),
        ("/wp-content/uploads/sites/3/2020/05/a.jpg", "2020/05/a.jpg"),
        ("https://i0.wp.com/old.example/wp-content/uploads/2020/05/a.jpg?fit=1", "2020/05/a.jpg"),
        ("https://photos.example/x/a.jpg", "photos.example/x/a.jpg"),
        ("https://old.example/wp-content/uploads/../../etc/passwd", None),
        ("https://old.example/wp-content/uploads/%2e%2e/%2e%2e/x.jpg", None),
        ("https://old.example/a%00.jpg", None),
        ("javascript:alert(1)", None),
        ("http://[", None),
    ],
)
def test_url_names_one_file(url: str, key: str | None, tmp_path: Path) -> None:
    export = tmp_path / "export.xml"
    head = '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><link>https://old.example</link>'
    export.write_text(f"{head}<item><wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type></item></channel></rss>")
    place = parse_media_url(url, SourceSite(read_export(export)))
    assert (place.key if place else None) == key


def test_archive_and_folder_give_the_same_file(tmp_path: Path) -> None:
    archive = open_source(write_zip(tmp_path / "uploads.zip", ["2020/05/knee.jpg"]))
    folder = open_source(write_uploads(tmp_path, ["2020/05/knee.jpg"]))
    contents = []
    for source in (archive, folder):
        with source.open(source.index.find("2020/05/knee.jpg")[0]) as stream:
            contents.append(stream.read())
    assert contents[0] == contents[1]


def test_archive_that_unpacks_to_far_more_than_it_is_gets_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("uploads/2020/05/a.jpg", "w") as stream,
    ):
        for _ in range(64):
            stream.write(bytes(1 << 20))
    with pytest.raises(MediaSourceError, match="would unpack to 64 MB"):
        ZipSource(bomb)


def test_names_that_lead_out_of_the_archive_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "tricks.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../2020/05/a.jpg", "/2020/05/b.jpg", "C:/2020/05/c.jpg", "__MACOSX/2020/05/d.jpg"):
            archive.writestr(name, b"x")
    assert len(ZipSource(path).index) == 0


def test_other_files_are_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(MediaSourceError, match="not a ZIP archive"):
        open_source(tmp_path / "notes.txt")
    with pytest.raises(MediaSourceError, match="no file or folder"):
        open_source(tmp_path / "missing")


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    uploads = write_uploads(tmp_path, ["2020/05/knee.jpg"])
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (uploads / "2020/05/link.jpg").symlink_to(tmp_path / "secret.jpg")
    assert open_source(uploads).index.find("2020/05/link.jpg") == ("", "")
