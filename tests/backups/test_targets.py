"""Archives in a folder and in a bucket."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from backups.checks import check_settings
from backups.errors import BackupError
from backups.keys import parse_recipients
from backups.models import Backup
from backups.targets import FolderTarget, S3Target, target_from_url
from blog.models import Post
from tests.buckets import bucket_url, client, run_s3
from tests.factories import make_image, make_post

NAME = "ptcomplete-20261130T030000Z.tar.age"


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """Run an S3 server with an empty bucket, and yield its URL."""
    with run_s3("clinic") as url:
        yield url


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_site_is_backed_up_to_a_bucket_and_restored(
    s3_url: str, settings: Settings, identity: Path, media_root: Path
) -> None:
    settings.BACKUP_URL = bucket_url(s3_url, "clinic/site")
    settings.BACKUP_KEEP_DAILY, settings.BACKUP_KEEP_WEEKLY, settings.BACKUP_KEEP_MONTHLY = 1, 0, 0
    client(s3_url).put_object(Bucket="clinic", Key=f"site/{NAME.replace('2026', '2020')}", Body=b"old")
    client(s3_url).put_object(Bucket="clinic", Key="site/holiday.jpg", Body=b"not ours")
    make_post(title="Saved", featured_image=make_image())
    # Larger than a piece of an upload, which has 8 MB.
    (media_root / "video.mp4").write_bytes(bytes(range(256)) * 40_000)
    call_command("backup", stdout=io.StringIO())
    backup = Backup.objects.get()
    listed = client(s3_url).list_objects_v2(Bucket="clinic")["Contents"]
    assert {item["Key"]: item["Size"] for item in listed} == {
        f"site/{backup.name}": backup.size,
        "site/holiday.jpg": len(b"not ours"),
    }
    assert list((Path(settings.DATA_DIR) / "backup-parts").iterdir()) == []

    Post.objects.update(title="Overwritten")
    (media_root / "video.mp4").unlink()
    call_command("restore", identity=identity, yes=True, stdout=io.StringIO())
    assert Post.objects.get().title == "Saved"
    assert (media_root / "video.mp4").read_bytes() == bytes(range(256)) * 40_000


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bucket", ["missing", "clinic"])
def test_a_bucket_that_cannot_be_reached_is_reported(bucket: str, s3_url: str, settings: Settings) -> None:
    url = s3_url if bucket == "missing" else "http://127.0.0.1:9"
    settings.BACKUP_URL = f"s3://key:secret@{bucket}?endpoint_url={url}"
    with pytest.raises(CommandError, match="could not be uploaded"):
        call_command("backup")
    assert Backup.objects.get().status == Backup.Status.FAILED
    assert "secret@" not in Backup.objects.get().error


def test_a_part_of_a_killed_backup_is_removed_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    target = FolderTarget(folder)
    target.part_path(NAME).write_bytes(b"half of an archive")
    part = target.part_path(NAME)
    assert list(folder.iterdir()) == []
    part.write_bytes(b"whole")
    target.add(NAME, part)
    assert [path.name for path in folder.iterdir()] == [NAME]


@pytest.mark.parametrize("url", ["s3://", "s3://bucket?acl=public", "ftp://host/folder", "backups"])
def test_a_target_that_is_not_supported_is_an_error(url: str, settings: Settings) -> None:
    with pytest.raises(BackupError, match="Set BACKUP_URL"):
        target_from_url(url)
    settings.BACKUP_URL = url
    assert [message.id for message in check_settings()] == ["backups.E001"]


def test_targets_by_url(tmp_path: Path) -> None:
    assert isinstance(target_from_url(str(tmp_path)), FolderTarget)
    assert isinstance(target_from_url(f"file://{tmp_path}"), FolderTarget)
    target = target_from_url("s3://KEY:a%2Fb%2Bc@bucket/a/b")
    assert isinstance(target, S3Target)
    storage: Any = target.storage
    assert (storage.access_key, storage.secret_key) == ("KEY", "a/b+c")
    assert (storage.bucket_name, storage.location) == ("bucket", "a/b")


def test_a_secret_key_is_no_recipient(settings: Settings, identity: Path) -> None:
    secret = identity.read_text().splitlines()[-1]
    settings.BACKUP_RECIPIENTS = [secret]
    (message,) = check_settings()
    assert message.id == "backups.E002"
    assert secret not in message.msg
    with pytest.raises(BackupError, match="create_backup_key"):
        parse_recipients([])
