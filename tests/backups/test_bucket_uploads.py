"""Uploads in a bucket are backed up and restored, whether the site is on one machine or several."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from backups.models import Backup
from blog.models import Post
from images.tasks import create_missing_renditions
from ptcomplete import media_settings
from tests.buckets import bucket_url, client, run_s3
from tests.factories import make_image, make_post

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def s3(settings: Settings) -> Iterator[Any]:
    """Store uploads in a bucket and return its client."""
    with run_s3("clinic") as url:
        use_bucket(settings, url)
        yield client(url)


def use_bucket(settings: Settings, url: str) -> None:
    settings.STORAGE_URL = bucket_url(url, "clinic/site")
    settings.STORAGES = settings.STORAGES | media_settings.storages(settings.STORAGE_URL, settings.DATA_DIR)


def objects(s3: Any) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket="clinic").get("Contents", ())
    return {item["Key"]: s3.get_object(Bucket="clinic", Key=item["Key"])["Body"].read() for item in listed}


def run(command: str, **options: Any) -> str:
    output = io.StringIO()
    call_command(command, stdout=output, **options)
    return output.getvalue()


def test_uploads_in_a_bucket_are_restored(s3: Any, identity: Path) -> None:
    image = make_image(width=700, height=500)
    create_missing_renditions()
    # Larger than what is kept in memory, and than one part of an upload.
    default_storage.save("talk.mp4", ContentFile(bytes(range(256)) * 40_000))
    make_post(title="Saved", featured_image=image)
    uploads = objects(s3)
    assert len(uploads) > 3
    run("backup")
    assert "can be restored" in run("verify_backup", identity=identity)

    Post.objects.update(title="Overwritten")
    for number, key in enumerate(uploads):
        if number % 2:
            s3.delete_object(Bucket="clinic", Key=key)
        else:
            s3.put_object(Bucket="clinic", Key=key, Body=b"damaged")
    s3.put_object(Bucket="clinic", Key="site/media/later.jpg", Body=b"after the backup")
    assert "Restored." in run("restore", identity=identity, yes=True)

    assert objects(s3) == uploads | {"site/media/later.jpg": b"after the backup"}
    assert Post.objects.get().title == "Saved"
    head = s3.head_object(Bucket="clinic", Key=f"site/media/{image.file.name}")
    assert (head["ContentType"], head["CacheControl"]) == ("image/png", "public, max-age=31536000, immutable")
    assert Client().get(image.file.url).status_code == 200


def test_without_the_service_nothing_is_backed_up_or_restored(s3: Any, settings: Settings, identity: Path) -> None:
    make_post(title="Saved", featured_image=make_image())
    run("backup")
    Post.objects.update(title="Kept")
    use_bucket(settings, "http://127.0.0.1:9")
    with pytest.raises(CommandError, match="storage of uploads does not respond"):
        run("backup")
    assert Backup.objects.filter(status=Backup.Status.FAILED).count() == 1
    with pytest.raises(CommandError, match=r"uploads could not be stored.*The current data was not changed"):
        run("restore", identity=identity, yes=True)
    assert Post.objects.get().title == "Kept"
