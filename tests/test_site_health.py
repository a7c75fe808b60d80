"""Health checks find what is wrong, say what to do, and take no longer than they may."""

import os
import shutil
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django import Settings

from backups.models import Backup
from contact.models import ContactSettings, Message
from images.models import Image
from images.rendition_formats import FAILED
from operations.findings import Finding, Level
from operations.models import JobFailure, Maintenance, WorkerProcess
from ptcomplete import cache_settings
from ptcomplete.health import configuration, data, services, work
from search.models import IndexEntry
from tests.factories import make_image, make_post, make_worker_process
from tests.local_server import run_local_server

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CERTIFICATE = Path(__file__).parent / "http_client" / "shop.example.pem"


def make_message(**fields: Any) -> Message:
    return Message.objects.create(
        name="Ann", email="ann@example.org", subject="Hello", body="A question.", submission=uuid4(), **fields
    )


def found(check: Callable[[], Finding]) -> tuple[str, str]:
    """Return level and message. Whatever is wrong comes with advice."""
    finding = check()
    assert bool(finding.advice) == (finding.level != Level.OK)
    return str(finding.level), finding.message


# ---- Workers and their work -----------------------------------------------------------------------


def test_a_missing_worker_is_an_error() -> None:
    assert found(work.worker) == ("error", "No worker is running.")
    make_worker_process(kind="newsletter_worker")
    assert found(work.worker) == ("error", "No worker is running.")
    make_worker_process(last_job="backup", last_job_at=timezone.now())
    assert found(work.worker) == ("ok", "2 worker processes are running. Last job: backup.")


def test_a_worker_that_was_killed_or_frozen_is_an_error() -> None:
    make_worker_process(pid=7, seen_at=timezone.now() - HOUR * 2, job="image renditions")
    level, message = found(work.worker)
    assert (level, message) == (
        "error",
        "The worker on web1, process 7 stopped reporting 2 hours ago. It was doing “image renditions”.",
    )


@pytest.mark.parametrize(("minutes", "level"), [(1, "ok"), (11, "warning"), (40, "error")])
def test_a_job_that_hangs_is_named(minutes: int, level: str) -> None:
    make_worker_process(pid=7, job="image renditions", job_started_at=timezone.now() - timedelta(minutes=minutes))
    found_level, message = found(work.worker)
    assert found_level == level
    assert (
        level == "ok"
        or message == f"The worker on web1, process 7 has been doing “image renditions” for {minutes} minutes."
    )


def test_a_killed_worker_is_reported_for_an_hour_while_another_one_runs() -> None:
    make_worker_process()
    silent = make_worker_process(seen_at=timezone.now() - timedelta(minutes=10))
    assert found(work.worker)[0] == "warning"
    WorkerProcess.objects.filter(pk=silent.pk).update(seen_at=timezone.now() - HOUR * 2)
    assert found(work.worker)[0] == "ok"


def test_a_worker_of_another_release_has_to_be_restarted() -> None:
    make_worker_process(version="0.0.9")
    assert found(work.worker)[0] == "warning"
    assert "runs release 0.0.9" in found(work.worker)[1]


@pytest.mark.parametrize(("seconds", "level"), [(2, "ok"), (90, "warning"), (900, "error")])
def test_clocks_that_differ_are_reported(seconds: int, level: str) -> None:
    process = make_worker_process()
    WorkerProcess.objects.update(clock=process.seen_at - timedelta(seconds=seconds))
    assert found(work.clock)[0] == level


def test_an_email_that_waits_too_long_is_reported() -> None:
    ContactSettings.objects.create(notify_email="tera@example.org")
    message = make_message()
    assert found(work.queue)[0] == "ok"
    Message.objects.update(next_attempt_at=timezone.now() - HOUR / 2)
    assert found(work.queue) == ("warning", "An email has been waiting for 30 minutes.")
    Message.objects.update(next_attempt_at=timezone.now() - HOUR * 3)
    assert found(work.queue) == ("error", "An email has been waiting for 3 hours.")
    Maintenance.objects.turn_on("")
    assert found(work.queue)[0] == "ok"
    Maintenance.objects.turn_off()
    message.mark_sent()
    assert found(work.queue)[0] == "ok"


def test_a_change_that_was_not_published_in_time_is_reported() -> None:
    post = make_post()
    post.pending_edits.create(data=post.snapshot(), publish_at=timezone.now() - HOUR * 2)
    assert found(work.queue) == ("error", "A change that should have been published has been waiting for 2 hours.")


def test_failed_jobs_are_reported_until_they_succeed() -> None:
    assert found(work.failed_jobs)[0] == "ok"
    JobFailure.objects.record("queued emails", "OSError in outbox/sending.py, line 80")
    level, message = found(work.failed_jobs)
    assert level == "warning"
    assert message.startswith("The job “queued emails” failed once, last a moment ago (OSError in")
    JobFailure.objects.update(first_failed_at=timezone.now() - HOUR * 2)
    assert found(work.failed_jobs)[0] == "error"


def test_what_was_set_aside_is_counted() -> None:
    assert found(work.set_aside)[0] == "ok"
    make_image()
    Image.objects.update(formats_hash=FAILED)
    make_message().mark_failed("The mail server rejected it.", is_final=True)
    assert found(work.set_aside)[1].endswith("again: 1 image, 1 email.")


def test_email_settings_and_failures_are_reported(settings: Settings) -> None:
    ContactSettings.objects.create(notify_email="tera@example.org")
    message = make_message()
    assert found(work.mail) == ("ok", "No failures. Emails come from site@example.com.")
    message.mark_failed("The mail server refused the connection. Check EMAIL_URL.", is_final=False)
    assert found(work.mail)[0] == "warning"
    message.mark_sent()
    assert found(work.mail)[1].startswith("The last email was sent a moment ago.")
    settings.MAILERS = {}
    assert found(work.mail) == ("warning", "No mail server is set. Emails wait until there is one.")


# ---- Data -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("free", "level"), [(10 * 1024**3, "ok"), (1024**3, "warning"), (1024**2, "error")])
def test_a_full_disk_is_noticed_early(free: int, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert found(data.disk)[0] == level


def test_a_folder_that_cannot_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert found(data.disk)[0] == "error"


def test_migrations_of_another_release_are_reported() -> None:
    assert found(data.migrations)[0] == "ok"
    recorder = MigrationRecorder(connection)
    recorder.record_applied("blog", "0999_later")
    assert found(data.migrations) == ("warning", "The database was changed by a newer release (blog.0999_later).")
    recorder.record_unapplied("blog", "0999_later")
    recorder.record_unapplied("operations", "0001_initial")
    level, message = found(data.migrations)
    assert level == "error"
    assert message.startswith("The database lacks ")
    assert "such as operations.0001_initial" in message


def test_the_search_index_is_compared_with_the_documents() -> None:
    make_post()
    assert found(data.search_index)[0] == "ok"
    IndexEntry.objects.all().delete()
    assert found(data.search_index)[1].startswith("1 document cannot be found by search")
    orphan = make_post()
    IndexEntry.objects.filter(object_id=orphan.pk).update(object_id=orphan.pk + 1000)
    assert "2 documents cannot be found by search, and the index has 1 text without" in found(data.search_index)[1]


def test_backups_are_an_error_only_if_they_were_set_up_and_are_missing(settings: Settings, tmp_path: Path) -> None:
    assert found(data.backup)[0] == "warning"
    settings.BACKUP_URL = str(tmp_path)
    assert found(data.backup) == ("error", "No backup has been made yet.")
    now = timezone.now()
    backup = Backup.objects.create(name="one", status="complete", started_at=now, active_at=now, finished_at=now)
    assert found(data.backup)[0] == "ok"
    Backup.objects.create(name="two", status="failed", started_at=now, active_at=now, error="The disk is full.")
    assert found(data.backup) == ("warning", "The last attempt failed: The disk is full.")
    Backup.objects.filter(pk=backup.pk).update(started_at=now - timedelta(days=5))
    assert found(data.backup)[0] == "error"


def test_the_place_for_backups_is_read(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_URL = str(tmp_path)
    (tmp_path / "one.age").touch()
    assert found(data.backup_storage) == ("ok", "The place for backups can be read, and has 1 file.")


# ---- Servers and settings -----------------------------------------------------------------------


def test_the_database_answers_with_its_version() -> None:
    level, message = found(services.database)
    assert level == "ok"
    assert message.startswith("PostgreSQL " if connection.vendor == "postgresql" else "SQLite ")


def test_a_cache_server_that_is_gone_is_a_warning(settings: Settings) -> None:
    settings.CACHE_URL = "redis://127.0.0.1:9/0"
    settings.CACHES = cache_settings.caches(settings.CACHE_URL)
    assert found(services.cache) == ("warning", "The cache server does not answer (ConnectionError).")


def test_the_certificate_is_checked_as_browsers_do(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_local_server(CERTIFICATE) as server:
        settings.SITE_URL = server.url("", scheme="https", host="localhost").rstrip("/")
        assert found(services.certificate) == (
            "error",
            "Browsers refuse the certificate of localhost: self-signed certificate.",
        )
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        context.check_hostname = False
        monkeypatch.setattr(ssl, "create_default_context", lambda: context)
        assert found(services.certificate)[0] == "ok"
        monkeypatch.setattr(ssl, "cert_time_to_seconds", lambda text: time.time() + 86400 * 5)
        assert found(services.certificate) == ("warning", "The certificate of localhost ends in 4 days.")


def test_a_site_that_cannot_be_reached_from_here_is_a_warning(settings: Settings) -> None:
    assert found(services.certificate)[0] == "warning"
    settings.SITE_URL = "https://127.0.0.1:9"
    level, message = found(services.certificate)
    assert (level, message) == (
        "warning",
        "https://127.0.0.1:9 cannot be reached from this machine (ConnectionRefusedError).",
    )


@pytest.mark.parametrize(
    ("values", "level", "words"),
    [
        ({"DEBUG": True}, "error", "DEBUG is on"),
        ({"IS_HTTPS": True}, "error", "TRUSTED_PROXIES is 0"),
        ({"IS_HTTPS": True, "TRUSTED_PROXIES": 1, "ALLOWED_HOSTS": ["*"]}, "warning", "wildcard"),
        ({"IS_HTTPS": True, "TRUSTED_PROXIES": 1}, "warning", "(security.W"),
        ({"SITE_URL": "http://127.0.0.1:8000", "DEBUG": True}, "ok", "on this machine only"),
    ],
)
def test_settings_that_endanger_the_site_are_reported(
    values: dict[str, Any], level: str, words: str, settings: Settings
) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    assert found(configuration.security)[0] == level
    assert words in found(configuration.security)[1]


def test_maintenance_mode_is_not_forgotten() -> None:
    assert found(configuration.maintenance)[0] == "ok"
    Maintenance.objects.turn_on("")
    assert found(configuration.maintenance)[0] == "warning"
