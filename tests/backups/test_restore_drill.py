"""A site is backed up, changed and restored, on the database of the test run."""

import io
import os
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from backups import databases, restoring
from backups.creation import create_backup
from backups.errors import BackupError
from backups.keys import read_identities
from backups.models import Backup
from blog.models import Post
from images.models import Image
from newsletter.models import Campaign, NewsletterSettings, Subscriber
from operations.maintenance import maintenance_message
from operations.models import Maintenance
from tests.factories import make_campaign, make_image, make_post, make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(command: str, *args: object, **options: object) -> str:
    output = io.StringIO()
    call_command(command, *map(str, args), stdout=output, **options)
    return output.getvalue()


@pytest.fixture
def site() -> None:
    make_post(title="Knee pain — läuft’s? 🦵", body="<p>Bend and stretch.</p>", featured_image=make_image())
    for number in range(5):
        make_subscriber(email=f"reader{number}@example.com")


def damage_site(media_root: Path) -> None:
    Subscriber.objects.all().delete()
    Post.objects.update(title="Overwritten")
    make_post(title="Written after the backup")
    for path in media_root.rglob("*"):
        if path.is_file():
            path.write_bytes(b"overwritten")
    (media_root / "added.txt").write_text("after the backup")


def test_a_restored_site_equals_the_one_that_was_backed_up(site: None, media_root: Path, identity: Path) -> None:
    uploads = tree(media_root)
    emails = set(Subscriber.objects.values_list("email", flat=True))
    subscriptions = list(Subscriber.objects.order_by("pk").values())
    assert uploads
    run("backup")
    damage_site(media_root)

    assert "Restored." in run("restore", identity=identity, yes=True)

    assert tree(media_root) == uploads
    assert {path.stat().st_mode & 0o777 for path in media_root.rglob("*") if path.is_file()} == {0o644}
    assert set(Subscriber.objects.values_list("email", flat=True)) == emails
    assert list(Subscriber.objects.order_by("pk").values()) == subscriptions
    assert [post.title for post in Post.objects.all()] == ["Knee pain — läuft’s? 🦵"]
    assert Client().get("/healthz").status_code == 200
    assert Backup.objects.get().status == Backup.Status.COMPLETE
    # New rows get new primary keys.
    assert make_post().pk != Post.objects.get(title__startswith="Knee").pk


@pytest.mark.parametrize("is_on", [True, False])
def test_maintenance_mode_stays_as_it_was_before_the_restore(is_on: bool, site: None, identity: Path) -> None:
    if not is_on:
        Maintenance.objects.turn_on("of the backup")
    run("backup")
    Maintenance.objects.turn_off()
    if is_on:
        Maintenance.objects.turn_on("Back at noon.")
    run("restore", identity=identity, yes=True)
    assert maintenance_message() == ("Back at noon." if is_on else None)


def test_the_previous_data_can_be_brought_back(site: None, media_root: Path, identity: Path) -> None:
    run("backup")
    damage_site(media_root)
    with restoring.open_backup("latest", read_identities(identity)) as contents:
        previous = restoring.restore(contents)
    assert (previous / "media/added.txt").read_text() == "after the backup"
    copy = next(previous.glob("database.*"))
    assert b"Written after the backup" in copy.read_bytes()
    assert copy.stat().st_mode & 0o077 == 0


def test_a_backup_is_verified_in_a_scratch_place(site: None, identity: Path) -> None:
    run("backup")
    posts = list(Post.objects.values())
    output = run("verify_backup", identity=identity)
    assert "can be restored" in output
    assert "uploads" in output
    assert list(Post.objects.values()) == posts


def test_a_copy_that_lost_a_row_is_not_verified_and_not_restored(
    site: None, identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup")
    with restoring.open_backup("latest", read_identities(identity)) as contents:
        tables = dict(contents.manifest.tables)
        wrong = tables["newsletter_subscriber"]
        tables["newsletter_subscriber"] = type(wrong)(wrong.rows + 1, wrong.digest)
        vendor = contents.manifest.vendor
        with pytest.raises(BackupError, match="newsletter_subscriber"):
            databases.verify(vendor, contents.database, tables)
        if vendor == "postgresql":
            with pytest.raises(BackupError, match="newsletter_subscriber"):
                databases.replace(vendor, contents.database, tables)
    assert Subscriber.objects.count() == 5


def test_uploads_are_put_back_if_the_database_cannot_be_replaced(
    site: None, media_root: Path, identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup")
    damage_site(media_root)
    uploads = tree(media_root)

    def fail(*args: object) -> None:
        raise BackupError("The disk is full.")

    monkeypatch.setattr(databases, "replace", fail)
    with pytest.raises(CommandError, match=r"The disk is full\. The current data was not changed"):
        run("restore", identity=identity, yes=True)
    assert tree(media_root) == uploads
    assert not list(media_root.parent.glob("*restore-*"))
    assert Post.objects.filter(title="Written after the backup").exists()


def test_restoring_asks_before_overwriting(
    site: None, media_root: Path, identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup")
    damage_site(media_root)
    monkeypatch.setattr(sys, "stdin", io.StringIO("no\n"))
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("restore", identity=identity)
    assert Post.objects.filter(title="Written after the backup").exists()
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    run("restore", identity=identity)
    assert not Post.objects.filter(title="Written after the backup").exists()


def test_nothing_is_emailed_again_after_a_restore(site: None, identity: Path) -> None:
    status = Campaign.Status
    for name in (status.DRAFT, status.SCHEDULED, status.PREPARING, status.SENDING, status.SENT):
        make_campaign(subject=name, status=name)
    settings = NewsletterSettings.load()
    settings.is_automation_enabled = True
    settings.save()
    run("backup")
    run("restore", identity=identity, yes=True)
    assert dict(Campaign.objects.values_list("subject", "status")) == {
        status.DRAFT: status.DRAFT,
        status.SCHEDULED: status.DRAFT,
        status.PREPARING: status.CANCELLED,
        status.SENDING: status.PAUSED,
        status.SENT: status.SENT,
    }
    assert not NewsletterSettings.load().is_automation_enabled


def test_a_backup_contains_no_secret_settings(site: None, identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtps://user:hunter2@mail.example.com")
    monkeypatch.setenv("EMAIL_WEBHOOK_SECRET", "user:hunter2")
    monkeypatch.setenv("BACKUP_URL", "s3://AKIA:hunter2@bucket/site?endpoint_url=https://s3.example.com")
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    monkeypatch.setenv("TIME_ZONE", "Europe/Berlin")
    run("backup")
    with restoring.open_backup("latest", read_identities(identity)) as contents:
        saved = contents.manifest.settings
        assert not any(b"hunter2" in path.read_bytes() for path in contents.folder.rglob("*") if path.is_file())
    assert saved["EMAIL_URL"] == "smtps://mail.example.com"
    assert saved["BACKUP_URL"] == "s3://bucket/site"
    assert saved["TIME_ZONE"] == "Europe/Berlin"
    assert "hunter2" not in str(saved)
    assert "SECRET_KEY" not in saved


def test_an_archive_of_another_site_needs_consent(site: None, identity: Path, settings: Settings) -> None:
    run("backup")
    settings.SECRET_KEY = "of another site"
    with pytest.raises(CommandError, match="signature"):
        run("verify_backup", identity=identity)
    assert "can be restored" in run("verify_backup", identity=identity, accept_unsigned=True)


def test_a_backup_of_a_newer_release_is_refused(site: None, identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    applied = MigrationRecorder.applied_migrations
    monkeypatch.setattr(
        MigrationRecorder, "applied_migrations", lambda self: applied(self) | {("blog", "9999_later"): None}
    )
    run("backup")
    monkeypatch.undo()
    with pytest.raises(BackupError, match="newer release"), restoring.open_backup("latest", read_identities(identity)):
        pass


def test_two_backups_do_not_run_at_once() -> None:
    assert Backup.objects.start("first")
    with pytest.raises(BackupError, match="Another backup is running"):
        create_backup()


def test_a_failed_backup_leaves_no_archive_and_says_why(
    site: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(CommandError, match="No space left"):
        run("backup")
    assert list((tmp_path / "target").iterdir()) == []
    backup = Backup.objects.get()
    assert (backup.status, "No space left" in backup.error) == (Backup.Status.FAILED, True)
    assert not [name for name in os.listdir(django_settings.DATA_DIR) if name.startswith("unfinished-")]


def test_an_upload_in_progress_is_not_backed_up(site: None, media_root: Path, identity: Path) -> None:
    (media_root / "upload.webp.0123.part").write_bytes(b"half")
    (media_root / "link").symlink_to(identity)
    count = len(tree(media_root)) - 2
    run("backup")
    with restoring.open_backup("latest", read_identities(identity)) as contents:
        assert contents.media_count == count
        assert Image.objects.exists()


def test_a_process_that_still_runs_sees_the_restored_data(site: None, media_root: Path, identity: Path) -> None:
    connection.ensure_connection()
    other = connection.copy()
    try:
        run("backup")
        damage_site(media_root)
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM newsletter_subscriber")
            assert cursor.fetchone() == (0,)
            run("restore", identity=identity, yes=True)
            cursor.execute("SELECT count(*) FROM newsletter_subscriber")
            assert cursor.fetchone() == (5,)
            cursor.execute("SELECT title FROM blog_post")
            assert cursor.fetchall() == [("Knee pain — läuft’s? 🦵",)]
    finally:
        other.close()
