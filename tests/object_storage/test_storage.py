"""Uploads in a bucket: what is stored, what is served, and what happens while the service is down."""

import io
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow
from pytest_django import Settings

from images.models import Image
from images.og_images import FOLDER, delete_old, og_image
from images.storage import delete_abandoned_parts
from images.tasks import create_missing_renditions
from object_storage.errors import StorageUnavailableError
from object_storage.urls import parse_bucket_url
from ptcomplete import media_settings
from ptcomplete.management.commands import worker
from siteinfo.models import Appearance
from tests.buckets import bucket_url, client, run_s3
from tests.factories import make_image, make_post

UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    with run_s3("clinic") as url:
        yield url


def use_bucket(settings: Settings, url: str) -> None:
    settings.STORAGE_URL = bucket_url(url, "clinic/site")
    settings.STORAGES = settings.STORAGES | media_settings.storages(settings.STORAGE_URL, settings.DATA_DIR)


@pytest.fixture
def bucket(s3_url: str, settings: Settings) -> Iterator[Any]:
    """Store uploads in an empty bucket and return its client."""
    use_bucket(settings, s3_url)
    s3 = client(s3_url)
    yield s3
    for item in s3.list_objects_v2(Bucket="clinic").get("Contents", ()):
        s3.delete_object(Bucket="clinic", Key=item["Key"])


@pytest.fixture
def unreachable(settings: Settings) -> None:
    use_bucket(settings, UNREACHABLE)


def keys(s3: Any) -> set[str]:
    return {item["Key"] for item in s3.list_objects_v2(Bucket="clinic").get("Contents", ())}


@pytest.mark.django_db
def test_an_image_and_its_renditions_are_stored_served_and_deleted(
    bucket: Any, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    image = make_image(width=700, height=500)
    assert create_missing_renditions() == 1
    image.refresh_from_db()
    assert keys(bucket) > {f"site/media/{image.file.name}"}
    assert image.file.url == f"/media/{image.file.name}"
    for url in (image.file.url, image.file.og_jpg, image.file.card320_webp):
        response = client.get(url)
        assert response.status_code == 200
        assert response["Content-Type"].startswith("image/")
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "sandbox" in response["Content-Security-Policy"]
        assert response["X-Content-Type-Options"] == "nosniff"
        assert len(response.getvalue()) == int(response["Content-Length"])
        assert client.get(url, headers={"If-Modified-Since": response["Last-Modified"]}).status_code == 304
    assert image.file_size > 0
    with django_capture_on_commit_callbacks(execute=True):
        image.delete()
    assert keys(bucket) == set()


def test_a_player_can_load_parts_of_a_file(bucket: Any, client: Client) -> None:
    content = bytes(range(256)) * 1000
    name = default_storage.save("exercise.mp4", ContentFile(content))
    response = client.get(f"/media/{name}", headers={"Range": "bytes=1000-1999"})
    assert (response.status_code, response["Content-Range"]) == (206, f"bytes 1000-1999/{len(content)}")
    assert response.getvalue() == content[1000:2000]


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("photo.jpg", "image/jpeg", None),
        ("talk.mp4", "video/mp4", None),
        ("sheet.pdf", "application/pdf", None),
        ("drawing.svg", "application/octet-stream", "attachment"),
        ("page.html", "application/octet-stream", "attachment"),
        ("photo.jpg.gz", "application/octet-stream", "attachment"),
    ],
)
def test_objects_carry_the_headers_for_browsers(bucket: Any, name: str, kind: str, disposition: str | None) -> None:
    # What the browser claims does not matter.
    default_storage.save(name, SimpleUploadedFile(name, b"<script>", content_type="text/html"))
    head = bucket.head_object(Bucket="clinic", Key=f"site/media/{name}")
    assert (head["ContentType"], head.get("ContentDisposition")) == (kind, disposition)
    assert head["CacheControl"] == "public, max-age=31536000, immutable"


def test_a_name_that_exists_is_not_overwritten(bucket: Any) -> None:
    first = default_storage.save("a.txt", ContentFile(b"1"))
    second = default_storage.save("a.txt", ContentFile(b"2"))
    assert first != second
    assert default_storage.open(first).read() == b"1"


@pytest.mark.django_db
def test_names_stay_inside_the_prefix(bucket: Any, client: Client) -> None:
    bucket.put_object(Bucket="clinic", Key="site/private/secret.txt", Body=b"secret")
    for name in ("../private/secret.txt", "a/../../private/secret.txt"):
        with pytest.raises(SuspiciousFileOperation):
            default_storage.open(name)
    assert client.get("/media/../private/secret.txt").status_code == 404
    assert client.get("/media/%2e%2e/private/secret.txt").status_code == 404


@pytest.mark.django_db
def test_a_missing_file_is_a_404(bucket: Any, client: Client) -> None:
    assert client.get("/media/images/none.jpg").status_code == 404
    with pytest.raises(FileNotFoundError):
        default_storage.open("images/none.jpg")
    with pytest.raises(FileNotFoundError):
        default_storage.size("images/none.jpg")


@pytest.mark.django_db
def test_share_images_are_stored_once_and_expire(bucket: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url = og_image("Knees", "Clinic", Appearance()).url
    bodies = {client.get(url).getvalue() for _ in range(2)}
    assert len(bodies) == 1
    assert len(keys(bucket)) == 1
    assert delete_old() == 0
    later = timezone.now() + timedelta(days=31)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert (delete_old(), keys(bucket)) == (1, set())
    assert FOLDER == "share"


@pytest.mark.django_db
def test_private_files_are_beside_the_uploads(bucket: Any, client: Client) -> None:
    name = storages["private"].save("archives/a.zip", ContentFile(b"zip"))
    assert keys(bucket) == {"site/private/archives/a.zip"}
    assert "CacheControl" not in bucket.head_object(Bucket="clinic", Key=f"site/private/{name}")
    assert client.get(f"/media/{name}").status_code == 404
    old = storages["private"].names_before("archives", timezone.now() + timedelta(minutes=1))  # type: ignore[attr-defined]
    assert list(old) == [name]


def test_a_bucket_has_no_abandoned_parts(bucket: Any) -> None:
    assert delete_abandoned_parts() == 0


@pytest.mark.django_db
def test_a_cdn_serves_uploads(bucket: Any, settings: Settings, client: Client) -> None:
    settings.MEDIA_URL = "https://cdn.example.com/media/"
    image = make_image()
    create_missing_renditions()
    post = make_post(featured_image=image)
    page = client.get(post.get_absolute_url()).text
    image.refresh_from_db()
    assert image.file.og_jpg.startswith("https://cdn.example.com/media/__processed__/")
    assert image.file.og_jpg in page
    assert 'src="/media/' not in page
    feed = client.get("/feed/").text
    assert f'url="{image.file.og_jpg}"' in feed
    assert 'length="0"' not in feed


# ---- While the service is down -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_without_the_service_files_are_temporarily_unavailable(unreachable: None, client: Client) -> None:
    response = client.get("/media/images/photo.jpg")
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "60", "no-store")
    assert client.get(og_image("Knees", "Clinic", Appearance()).url).status_code == 503
    with pytest.raises(StorageUnavailableError):
        default_storage.exists("images/photo.jpg")


@pytest.mark.django_db
def test_without_the_service_pages_and_feeds_work(
    bucket: Any, settings: Settings, client: Client, admin_client: Client
) -> None:
    image = make_image()
    create_missing_renditions()
    post = make_post(featured_image=image, body='<p><a href="/media/images/photo.jpg">Photo</a></p>')
    use_bucket(settings, UNREACHABLE)
    assert client.get(post.get_absolute_url()).status_code == 200
    assert 'length="0"' in client.get("/feed/").text
    assert admin_client.get("/admin/images/image/").status_code == 200
    assert admin_client.get(f"/admin/blog/post/{post.pk}/change/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_cannot_be_stored_is_explained(unreachable: None, admin_client: Client) -> None:
    file = io.BytesIO()
    Pillow.new("RGB", (20, 20)).save(file, "PNG")
    upload = SimpleUploadedFile("knee.png", file.getvalue(), content_type="image/png")
    response = admin_client.post(
        "/admin/images/image/upload/", {"uploads": [upload]}, headers={"Accept": "application/json"}
    )
    assert response.status_code == 400
    assert response.json()["problems"] == [
        "“knee.png” was not stored, because the storage is unavailable. Try again in a minute."
    ]
    assert not Image.objects.exists()


@pytest.mark.django_db
def test_the_worker_waits_for_the_service_without_marking_images(
    bucket: Any, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    make_image()
    use_bucket(settings, UNREACHABLE)
    job = worker.Job("renditions", create_missing_renditions, 5)
    logging.getLogger("imagefield").setLevel(logging.CRITICAL)
    assert worker.run(job) == worker.Failure(worker.PAUSE_WITHOUT_STORAGE)
    assert "sec/ret" not in caplog.text
    assert list(Image.objects.values_list("formats_hash", flat=True)) == [""]


def test_after_a_failed_connection_the_next_ones_fail_at_once(
    unreachable: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("object_storage.storage._PAUSE", 0.5)
    for reason in ("does not respond", "a moment ago"):
        with pytest.raises(StorageUnavailableError, match=reason):
            default_storage.exists("a.txt")
    time.sleep(0.6)
    with pytest.raises(StorageUnavailableError, match="does not respond"):
        default_storage.exists("a.txt")


# ---- Settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["s3:///prefix", "https://host/bucket", "s3://key:secret@bucket?acl=public", "s3://k:secret@[b"]
)
def test_a_storage_url_that_is_not_supported_is_refused_without_showing_the_key(url: str, tmp_path: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Set STORAGE_URL to s3://key:secret@bucket/prefix") as error:
        media_settings.storages(url, tmp_path)
    assert url not in str(error.value)


def test_a_bucket_url_is_decoded() -> None:
    options = parse_bucket_url("s3://KEY:a%2Fb%2Bc@bucket/a/b?endpoint_url=https://s3.example.com&region_name=eu")
    assert options == {
        "access_key": "KEY",
        "secret_key": "a/b+c",
        "bucket_name": "bucket",
        "location": "a/b",
        "endpoint_url": "https://s3.example.com",
        "region_name": "eu",
    }


def test_media_urls() -> None:
    assert media_settings.media_url("", "https://example.com") == "/media/"
    assert media_settings.media_url("https://cdn.example.com/m", "https://example.com") == "https://cdn.example.com/m/"
    assert media_settings.media_origins("/media/") == []
    assert media_settings.media_origins("https://cdn.example.com:8443/m/") == ["https://cdn.example.com:8443"]


@pytest.mark.parametrize(
    "url", ["http://cdn.example.com/", "cdn.example.com", "/files/", "https://user@cdn.example.com/"]
)
def test_a_media_url_that_browsers_would_not_load_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="Set MEDIA_URL"):
        media_settings.media_url(url, "https://example.com")
