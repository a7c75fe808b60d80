"""The worker makes backups when they are due, and the dashboard warns when there is none."""

import io
import logging
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent
from backups import scheduling
from backups.keys import read_identities
from backups.models import LEASE, Backup
from backups.rotation import archive_name
from tests.databases import database_environment

HOUR = timedelta(hours=1)


def make_backup(age: timedelta, status: str = Backup.Status.COMPLETE, error: str = "") -> Backup:
    started_at = timezone.now() - age
    return Backup.objects.create(
        name=archive_name(started_at), status=status, started_at=started_at, active_at=started_at, error=error
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("age", "status", "due"),
    [
        (23 * HOUR, Backup.Status.COMPLETE, False),
        (24 * HOUR, Backup.Status.COMPLETE, True),
        (HOUR / 2, Backup.Status.FAILED, False),
        (HOUR, Backup.Status.FAILED, True),
    ],
)
def test_a_backup_is_due_after_the_interval_and_an_hour_after_a_failure(age: timedelta, status: str, due: bool) -> None:
    assert scheduling.is_due()
    make_backup(age, status)
    assert scheduling.is_due() is due


@pytest.mark.django_db
def test_nothing_is_due_without_a_target_or_an_interval(settings: Settings) -> None:
    settings.BACKUP_EVERY_HOURS = 0
    assert not scheduling.is_due()
    settings.BACKUP_EVERY_HOURS, settings.BACKUP_URL = 24, ""
    assert not scheduling.is_due()


@pytest.mark.django_db
def test_a_killed_backup_blocks_the_next_only_for_its_lease() -> None:
    killed = make_backup(LEASE / 2, Backup.Status.RUNNING)
    assert Backup.objects.start("next") is None
    Backup.objects.filter(pk=killed.pk).update(active_at=timezone.now() - LEASE - HOUR)
    assert Backup.objects.start("next")
    killed.refresh_from_db()
    assert (killed.status, killed.error) == (Backup.Status.FAILED, "The backup was interrupted.")


def warning(client: Client) -> str:
    problems = client.get("/admin/health/").context["problems"]
    return next((problem.finding.message for problem in problems if problem.check.name == "Backups"), "")


@pytest.mark.django_db
def test_owners_are_warned_without_a_recent_good_backup(admin_client: Client, settings: Settings) -> None:
    assert "No backup has been made yet" in warning(admin_client)
    good = make_backup(3 * 24 * HOUR)
    assert "3 days old" in warning(admin_client)
    make_backup(HOUR, Backup.Status.FAILED, error="No space left on device")
    assert "No space left on device" in warning(admin_client)
    good.delete()
    make_backup(HOUR / 2)
    assert warning(admin_client) == ""
    settings.BACKUP_URL = ""
    assert "Set BACKUP_URL" in warning(admin_client)
    settings.SITE_URL = "http://127.0.0.1:8000"
    assert warning(admin_client) == ""


@pytest.mark.django_db
def test_the_list_of_backups_is_read_only(admin_client: Client) -> None:
    backup = make_backup(HOUR, Backup.Status.FAILED, error="No space left on device")
    assert "No space left on device" in admin_client.get("/admin/backups/backup/").text
    assert admin_client.get(f"/admin/backups/backup/{backup.pk}/change/").status_code == 200
    assert admin_client.get("/admin/backups/backup/add/").status_code == 403
    assert admin_client.post(f"/admin/backups/backup/{backup.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.post(f"/admin/backups/backup/{backup.pk}/change/", {"name": "x"}).status_code == 403


def test_a_new_key_can_be_used(tmp_path: Path) -> None:
    output = io.StringIO()
    call_command("create_backup_key", stdout=output)
    (tmp_path / "key.txt").write_text(output.getvalue())
    (identity,) = read_identities(tmp_path / "key.txt")
    assert f"BACKUP_RECIPIENTS: {identity.to_public()}" in output.getvalue()
    assert pyrage.decrypt(pyrage.encrypt(b"data", [identity.to_public()]), [identity]) == b"data"


@pytest.mark.django_db
def test_the_worker_starts_one_process_and_continues(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    code = f"import time, pathlib; pathlib.Path({str(tmp_path / 'started')!r}).open('a').write('x'); time.sleep(60)"
    monkeypatch.setattr(scheduling, "COMMAND", (sys.executable, "-c", code))
    process = scheduling.BackupProcess()
    started = time.monotonic()
    assert (process.start_if_due(), process.start_if_due()) == (0, 0)
    while not (tmp_path / "started").exists():
        time.sleep(0.01)
    process.stop()
    assert time.monotonic() - started < 20
    assert (tmp_path / "started").read_text() == "x"
    # The next round logs that it failed, and starts another only when one is due.
    make_backup(HOUR / 2, Backup.Status.FAILED)
    with caplog.at_level(logging.ERROR):
        process.start_if_due()
    assert "The backup process exited with" in caplog.text


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sigterm_removes_the_incomplete_archive(tmp_path: Path, settings: Settings, media_root: Path) -> None:
    media_root.mkdir(parents=True)
    # Sparse, so it takes no space, and long enough to be interrupted.
    with (media_root / "video.mp4").open("wb") as file:
        file.truncate(40 * 1024**3)
    # DATA_DIR/media is where MEDIA_ROOT is outside of tests.
    environment = database_environment() | {
        "DATA_DIR": str(media_root.parent),
        "BACKUP_URL": settings.BACKUP_URL,
        "BACKUP_RECIPIENTS": settings.BACKUP_RECIPIENTS[0],
    }
    target = Path(settings.BACKUP_URL)
    process = subprocess.Popen(scheduling.COMMAND, cwd=django_settings.BASE_DIR, env=environment)
    deadline = time.monotonic() + 60
    while not [path for path in target.glob(".*.part") if path.stat().st_size > 1024**2]:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    # Twice, as systemd signals every process of the worker, and the worker its backup.
    for _ in range(20):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.002)
    assert process.wait(timeout=30) != 0
    assert list(target.iterdir()) == []
    assert [path.name for path in media_root.parent.iterdir() if path.name.startswith("unfinished-")] == []
    backup = Backup.objects.get()
    assert (backup.status, "interrupted" in backup.error) == (Backup.Status.FAILED, True)


@pytest.mark.django_db
def test_audit_log_names_each_backup_and_how_it_ended() -> None:
    complete = Backup.objects.start("first")
    assert complete is not None
    complete.mark_active()
    assert not AuditEvent.objects.exists()
    complete.mark_complete(size=5, sha256="0" * 64)
    failed = Backup.objects.start("second")
    assert failed is not None
    failed.mark_failed("No space is left.")
    events = AuditEvent.objects.order_by("pk").values_list("kind", "subject")
    assert list(events) == [("backed_up", "first: complete"), ("backed_up", "second: failed")]
    assert Backup.objects.get(name="first").size == 5
