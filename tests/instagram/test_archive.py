"""Import from an account archive: all known formats, and malicious archives."""

import io
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image as Pillow
from pytest_django import Settings

from images.models import Image
from instagram import archive
from instagram.models import InstagramPost

MOJIBAKE = "Caf\u00c3\u00a9 \u00f0\u009f\u00a7\u0098"  # as the exports write "Café 🧘"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Give each test its own folder for archives."""
    private = settings.STORAGES["private"]
    options = private["OPTIONS"] | {"location": tmp_path}
    settings.STORAGES = settings.STORAGES | {"private": private | {"OPTIONS": options}}
    return tmp_path / "archives"


def jpeg(color: str = "teal") -> bytes:
    output = io.BytesIO()
    Pillow.new("RGB", (40, 60), color).save(output, "JPEG")
    return output.getvalue()


def zipped(files: dict[str, Any]) -> SimpleUploadedFile:
    """Create an archive of `files`. Content that is not bytes is written as JSON."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return SimpleUploadedFile("export.zip", output.getvalue())


def post(number: int, uri: str = "", **overrides: Any) -> dict[str, Any]:
    """Return a post in the format of posts_1.json."""
    item = {"uri": uri or f"media/posts/202603/{number}.jpg", "creation_timestamp": 1_772_000_000 + number, "title": ""}
    return {"media": [item], "title": f"Post {number}", "creation_timestamp": 1_772_000_000 + number} | overrides


def read_posts(files: dict[str, Any]) -> list[archive.ArchivedPost]:
    return archive.read_posts(archive.store_upload(zipped(files)))


def upload_error(upload: SimpleUploadedFile) -> str:
    with pytest.raises(ValidationError) as caught:
        archive.store_upload(upload)
    return str(caught.value.messages[0])


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("your_instagram_activity/content/posts_1.json", ""),
        ("your_instagram_activity/media/posts_1.json", ""),
        ("content/posts_1.json", ""),
        ("instagram-me-2026/your_instagram_activity/content/posts_2.json", "instagram-me-2026/"),
    ],
)
def test_the_post_list_is_found_at_every_known_path(path: str, root: str) -> None:
    single = {"media": [{"uri": "media/posts/9.jpg", "creation_timestamp": 1_772_000_009, "title": MOJIBAKE}]}
    files = {path: [post(1), single], f"{root}media/posts/202603/1.jpg": jpeg(), f"{root}media/posts/9.jpg": jpeg()}
    assert [(found.caption, found.key) for found in read_posts(files)] == [
        ("Café 🧘", "1772000009"),
        ("Post 1", "1772000001"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        post(1),
        {"posts": [post(1)]},
        [post(1), "odd", {"media": "odd"}, {"media": [None, {"uri": 5}]}, {"title": "caption only"}],
    ],
)
def test_other_formats_of_the_post_list_are_read(data: Any) -> None:
    assert [found.caption for found in read_posts({"posts_1.json": data, "media/posts/202603/1.jpg": jpeg()})] == [
        "Post 1"
    ]


def test_the_older_format_is_read() -> None:
    listed = [{"caption": "Old", "taken_at": "2018-05-06T07:08:09+00:00", "path": "photos/201805/a.jpg"}]
    (found,) = read_posts({"media.json": {"photos": listed}, "photos/201805/a.jpg": jpeg()})
    assert (found.caption, found.posted_at.year) == ("Old", 2018)


def test_a_carousel_is_one_post_with_its_first_image_and_videos_are_skipped() -> None:
    media = [{"uri": f"media/posts/{name}", "creation_timestamp": 1} for name in ("a.mp4", "b.jpg", "c.jpg")]
    files: dict[str, Any] = {"content/posts_1.json": [{"media": media}, post(2, "media/posts/d.mp4")]}
    files |= {f"media/posts/{name}": jpeg() for name in ("a.mp4", "b.jpg", "c.jpg", "d.mp4")}
    assert [found.image_path for found in read_posts(files)] == ["media/posts/b.jpg"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [(MOJIBAKE, "Café 🧘"), ("Café", "Café"), ("漢字", "漢字"), ("plain\0", "plain"), ("\ud83d", "")],
)
def test_broken_encodings_are_fixed(text: str, expected: str) -> None:
    assert archive.fix_encoding(text) == expected


@pytest.mark.parametrize(
    "uri", ["../secret.jpg", "/etc/a.jpg", "a/../../b.jpg", "C:\\a.jpg", "https://a.example/b.jpg"]
)
def test_paths_outside_the_archive_are_ignored(uri: str) -> None:
    error = upload_error(zipped({"content/posts_1.json": [post(1, uri)], uri: jpeg()}))
    assert "no posts with images" in error


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"notes.txt": b"hi"}, "no posts in this archive"),
        ({"your_instagram_activity/content/posts_1.html": b"<html>"}, "JSON instead"),
        ({"content/posts_1.json": b"{"}, "cannot be read"),
        ({"content/posts_1.json": b"[" * 100_000}, "cannot be read"),
        ({"content/posts_1.json": b"\xff\xfe\xfa"}, "cannot be read"),
        ({"content/posts_1.json": []}, "no posts with images"),
    ],
)
def test_an_archive_without_posts_is_rejected_with_a_message(files: dict[str, Any], message: str, folder: Path) -> None:
    assert message in upload_error(zipped(files))
    assert list(folder.iterdir()) == []


def test_a_file_that_is_not_an_archive_is_rejected_with_a_message() -> None:
    assert upload_error(SimpleUploadedFile("a.zip", b"PK\3\4 nonsense")) == archive.UNREADABLE
    damaged = bytearray(zipped({"content/posts_1.json": [post(1)] * 500}).read())
    damaged[60:90] = b"\0" * 30
    assert "damaged" in upload_error(SimpleUploadedFile("a.zip", bytes(damaged)))


def test_zip_bombs_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_JSON_BYTES", 100_000)
    assert "too large" in upload_error(zipped({"content/posts_1.json": b" " * 10_000_000}))
    monkeypatch.setattr(archive, "MAX_FILES", 5)
    assert "too many files" in upload_error(zipped({f"{number}.txt": b"" for number in range(6)}))
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 10)
    assert "larger than 1 GB" in upload_error(zipped({"a": b""}))


@pytest.mark.django_db
def test_chosen_posts_are_imported_once_and_unreadable_images_are_reported(folder: Path) -> None:
    files = {"content/posts_1.json": [post(1), post(2), post(3)], "media/posts/202603/1.jpg": jpeg()}
    files |= {"media/posts/202603/2.jpg": b"<html>", "media/posts/202603/3.jpg": jpeg("navy")}
    name = archive.store_upload(zipped(files))
    first, second = "1772000001", "1772000002"
    count, errors = archive.import_posts(name, [first, second, "unknown"])
    assert (count, len(errors)) == (1, 1)
    assert "not an image" in errors[0]
    assert archive.import_posts(archive.store_upload(zipped(files)), [first]) == (0, [])
    assert [(post.caption, post.source, post.external_id) for post in InstagramPost.objects.all()] == [
        ("Post 1", "archive", first)
    ]
    assert Image.objects.count() == 1


def test_unused_archives_are_deleted_after_a_day(folder: Path) -> None:
    name = archive.store_upload(zipped({"content/posts_1.json": [post(1)], "media/posts/202603/1.jpg": jpeg()}))
    archive.delete_expired()
    assert archive.read_posts(name)
    old = time.time() - 25 * 3600
    os.utime(folder / f"{name}.zip", (old, old))
    archive.delete_expired()
    with pytest.raises(ValidationError, match="upload it again"):
        archive.read_posts(name)
    with pytest.raises(ValidationError, match="upload it again"):
        archive.read_posts("../../etc/passwd")


@pytest.mark.django_db
def test_the_admin_shows_the_posts_before_anything_is_imported(
    admin_client: Client, client: Client, folder: Path
) -> None:
    url = reverse("admin:instagram_instagrampost_upload_archive")
    files = {"content/posts_1.json": [post(1), post(2)], "media/posts/202603/1.jpg": jpeg()}
    response = admin_client.post(url, {"archive": zipped(files | {"media/posts/202603/2.jpg": jpeg()})})
    preview = response["Location"]
    page = admin_client.get(preview).content.decode()
    assert "Nothing is imported until you select images" in page
    assert (page.count('name="key"'), InstagramPost.objects.count()) == (2, 0)
    thumbnail = admin_client.get(f"{preview}1772000001.jpg")
    assert Pillow.open(io.BytesIO(thumbnail.content)).size == (40, 60)
    assert admin_client.get(f"{preview}1.jpg").status_code == 404
    assert "Select at least one image" in admin_client.post(preview).content.decode()
    assert admin_client.post(preview, {"key": ["1772000001"]}).status_code == 302
    assert InstagramPost.objects.get().caption == "Post 1"
    assert list(folder.iterdir()) == []
    assert "upload it again" in admin_client.get(preview).content.decode()
    assert "Choose a file first" in admin_client.post(url).content.decode()
    assert client.get(preview).status_code == 302
