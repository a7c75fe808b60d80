"""Pictures from the account's archive: its known shapes, and what somebody might build to do harm."""

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
from instagram.models import Shot

MOJIBAKE = "Caf\u00c3\u00a9 \u00f0\u009f\u00a7\u0098"  # as the exports write "Café 🧘"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Where archives wait, another place for each test."""
    settings.DATA_DIR = tmp_path
    return tmp_path / "archives"


def jpeg(colour: str = "teal") -> bytes:
    output = io.BytesIO()
    Pillow.new("RGB", (40, 60), colour).save(output, "JPEG")
    return output.getvalue()


def zipped(files: dict[str, Any]) -> SimpleUploadedFile:
    """An archive with `files`; what is not bytes becomes JSON."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return SimpleUploadedFile("export.zip", output.getvalue())


def post(number: int, uri: str = "", **overrides: Any) -> dict[str, Any]:
    """A post as posts_1.json has it."""
    one = {"uri": uri or f"media/posts/202603/{number}.jpg", "creation_timestamp": 1_772_000_000 + number, "title": ""}
    return {"media": [one], "title": f"Post {number}", "creation_timestamp": 1_772_000_000 + number} | overrides


def offered(files: dict[str, Any]) -> list[archive.Offer]:
    return archive.offers(archive.keep(zipped(files)))


def why_not(upload: SimpleUploadedFile) -> str:
    with pytest.raises(ValidationError) as refused:
        archive.keep(upload)
    return str(refused.value.messages[0])


@pytest.mark.parametrize(
    ("place", "root"),
    [
        ("your_instagram_activity/content/posts_1.json", ""),
        ("your_instagram_activity/media/posts_1.json", ""),
        ("content/posts_1.json", ""),
        ("instagram-me-2026/your_instagram_activity/content/posts_2.json", "instagram-me-2026/"),
    ],
)
def test_every_known_place_of_the_list_is_read(place: str, root: str) -> None:
    single = {"media": [{"uri": "media/posts/9.jpg", "creation_timestamp": 1_772_000_009, "title": MOJIBAKE}]}
    files = {place: [post(1), single], f"{root}media/posts/202603/1.jpg": jpeg(), f"{root}media/posts/9.jpg": jpeg()}
    assert [(offer.caption, offer.key) for offer in offered(files)] == [
        ("Café 🧘", "1772000009"),
        ("Post 1", "1772000001"),
    ]


@pytest.mark.parametrize(
    "whole",
    [
        post(1),
        {"posts": [post(1)]},
        [post(1), "odd", {"media": "odd"}, {"media": [None, {"uri": 5}]}, {"title": "words only"}],
    ],
)
def test_other_shapes_of_the_list_are_read_too(whole: Any) -> None:
    assert [offer.caption for offer in offered({"posts_1.json": whole, "media/posts/202603/1.jpg": jpeg()})] == [
        "Post 1"
    ]


def test_the_older_shape_is_read() -> None:
    photos = [{"caption": "Old", "taken_at": "2018-05-06T07:08:09+00:00", "path": "photos/201805/a.jpg"}]
    (offer,) = offered({"media.json": {"photos": photos}, "photos/201805/a.jpg": jpeg()})
    assert (offer.caption, offer.taken_at.year) == ("Old", 2018)


def test_a_carousel_is_one_post_with_its_first_picture_and_videos_are_passed_over() -> None:
    media = [{"uri": f"media/posts/{name}", "creation_timestamp": 1} for name in ("a.mp4", "b.jpg", "c.jpg")]
    files: dict[str, Any] = {"content/posts_1.json": [{"media": media}, post(2, "media/posts/d.mp4")]}
    files |= {f"media/posts/{name}": jpeg() for name in ("a.mp4", "b.jpg", "c.jpg", "d.mp4")}
    assert [offer.entry for offer in offered(files)] == ["media/posts/b.jpg"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [(MOJIBAKE, "Café 🧘"), ("Café", "Café"), ("漢字", "漢字"), ("plain\0", "plain"), ("\ud83d", "")],
)
def test_signs_are_put_right(written: str, meant: str) -> None:
    assert archive.repaired(written) == meant


@pytest.mark.parametrize(
    "uri", ["../secret.jpg", "/etc/a.jpg", "a/../../b.jpg", "C:\\a.jpg", "https://a.example/b.jpg"]
)
def test_paths_that_lead_out_of_the_archive_name_nothing(uri: str) -> None:
    words = why_not(zipped({"content/posts_1.json": [post(1, uri)], uri: jpeg()}))
    assert "no post with a picture" in words


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"notes.txt": b"hi"}, "no posts in this archive"),
        ({"your_instagram_activity/content/posts_1.html": b"<html>"}, "JSON instead"),
        ({"content/posts_1.json": b"{"}, "cannot be read"),
        ({"content/posts_1.json": b"[" * 100_000}, "cannot be read"),
        ({"content/posts_1.json": b"\xff\xfe\xfa"}, "cannot be read"),
        ({"content/posts_1.json": []}, "no post with a picture"),
    ],
)
def test_an_archive_without_posts_is_refused_in_words(files: dict[str, Any], words: str, folder: Path) -> None:
    assert words in why_not(zipped(files))
    assert list(folder.iterdir()) == []


def test_what_is_no_archive_is_refused_in_words() -> None:
    assert why_not(SimpleUploadedFile("a.zip", b"PK\3\4 nonsense")) == archive.NOT_THIS
    damaged = bytearray(zipped({"content/posts_1.json": [post(1)] * 500}).read())
    damaged[60:90] = b"\0" * 30
    assert "damaged" in why_not(SimpleUploadedFile("a.zip", bytes(damaged)))


def test_bombs_are_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_JSON", 100_000)
    assert "too large" in why_not(zipped({"content/posts_1.json": b" " * 10_000_000}))
    monkeypatch.setattr(archive, "MAX_ENTRIES", 5)
    assert "too many files" in why_not(zipped({f"{number}.txt": b"" for number in range(6)}))
    monkeypatch.setattr(archive, "MAX_ARCHIVE", 10)
    assert "larger than 1 GB" in why_not(zipped({"a": b""}))


@pytest.mark.django_db
def test_chosen_posts_come_once_and_what_is_no_picture_is_told(folder: Path) -> None:
    files = {"content/posts_1.json": [post(1), post(2), post(3)], "media/posts/202603/1.jpg": jpeg()}
    files |= {"media/posts/202603/2.jpg": b"<html>", "media/posts/202603/3.jpg": jpeg("navy")}
    name = archive.keep(zipped(files))
    first, second = "1772000001", "1772000002"
    taken, refused = archive.take(name, [first, second, "unknown"])
    assert (taken, len(refused)) == (1, 1)
    assert "not an image" in refused[0]
    assert archive.take(archive.keep(zipped(files)), [first]) == (0, [])
    assert [(shot.caption, shot.source, shot.external_id) for shot in Shot.objects.all()] == [
        ("Post 1", "archive", first)
    ]
    assert Image.objects.count() == 1


def test_archives_nobody_chose_from_are_thrown_away_after_a_day(folder: Path) -> None:
    name = archive.keep(zipped({"content/posts_1.json": [post(1)], "media/posts/202603/1.jpg": jpeg()}))
    archive.forget_old()
    assert archive.offers(name)
    old = time.time() - 25 * 3600
    os.utime(folder / f"{name}.zip", (old, old))
    archive.forget_old()
    with pytest.raises(ValidationError, match="upload it again"):
        archive.offers(name)
    with pytest.raises(ValidationError, match="upload it again"):
        archive.offers("../../etc/passwd")


@pytest.mark.django_db
def test_the_desk_shows_what_is_in_it_before_anything_is_taken(
    admin_client: Client, client: Client, folder: Path
) -> None:
    address = reverse("admin:instagram_shot_archive")
    files = {"content/posts_1.json": [post(1), post(2)], "media/posts/202603/1.jpg": jpeg()}
    response = admin_client.post(address, {"archive": zipped(files | {"media/posts/202603/2.jpg": jpeg()})})
    preview = response["Location"]
    page = admin_client.get(preview).content.decode()
    assert "Nothing is taken yet" in page
    assert (page.count('name="key"'), Shot.objects.count()) == (2, 0)
    picture = admin_client.get(f"{preview}1772000001.jpg")
    assert Pillow.open(io.BytesIO(picture.content)).size == (40, 60)
    assert admin_client.get(f"{preview}1.jpg").status_code == 404
    assert "Tick a picture first" in admin_client.post(preview).content.decode()
    assert admin_client.post(preview, {"key": ["1772000001"]}).status_code == 302
    assert Shot.objects.get().caption == "Post 1"
    assert list(folder.iterdir()) == []
    assert "upload it again" in admin_client.get(preview).content.decode()
    assert "Choose a file first" in admin_client.post(address).content.decode()
    assert client.get(preview).status_code == 302
