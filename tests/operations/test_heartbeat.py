"""Workers report that they live and what they do, and failed jobs are recorded until they succeed."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from operations import heartbeat
from operations.errors import describe
from operations.heartbeat import Heartbeat, forget_dead_processes
from operations.models import JobFailure, WorkerProcess
from operations.version import app_version
from ptcomplete.management.commands import worker
from ptcomplete.management.commands.worker import Job


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def make_process(**fields: object) -> WorkerProcess:
    process = WorkerProcess(kind="worker", host="web1", pid=1, version="1", started_at=timezone.now())
    process.report(**fields)
    return process


@pytest.mark.django_db
def test_a_report_says_who_lives_and_what_it_did_last() -> None:
    pulse = Heartbeat("worker")
    with pulse.working_on("queued emails"):
        pulse.report()
        row = WorkerProcess.objects.get()
        assert (row.job, row.last_job, row.version) == ("queued emails", "", app_version())
        assert row.job_started_at is not None
    pulse.report()
    row = WorkerProcess.objects.get()
    assert (row.job, row.job_started_at, row.last_job) == ("", None, "queued emails")
    assert abs(row.seen_at - row.clock) < timedelta(seconds=2)


@pytest.mark.django_db(transaction=True)
def test_a_job_that_hangs_is_reported_and_the_row_goes_when_the_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "INTERVAL", 0.02)
    with Heartbeat("worker") as pulse:
        wait_for(WorkerProcess.objects.exists)
        first = WorkerProcess.objects.get()
        with pulse.working_on("endless job"):
            # The main thread does nothing now, as if the job did not return.
            wait_for(WorkerProcess.objects.filter(job="endless job", seen_at__gt=first.seen_at).exists)
    assert not WorkerProcess.objects.exists()


@pytest.mark.django_db
def test_a_report_that_cannot_be_written_does_not_end_the_process(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise DatabaseError("locked")

    monkeypatch.setattr(WorkerProcess, "report", fail)
    Heartbeat("worker").report()
    assert caplog.messages == ["The heartbeat could not be written: DatabaseError"]


@pytest.mark.django_db
def test_a_new_process_forgets_killed_ones() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        living, killed = make_process(), make_process()
        silent = make_process()
        WorkerProcess.objects.filter(pk=living.pk).update(pid=other.pid)
        # No process has this number: it is above the highest that Linux gives.
        WorkerProcess.objects.filter(pk=killed.pk).update(pid=2**22 + 1)
        WorkerProcess.objects.filter(pk=silent.pk).update(host="web2", seen_at=timezone.now() - timedelta(days=2))
        forget_dead_processes("web1")
        other.communicate(b"\n")
    assert list(WorkerProcess.objects.all()) == [living]


@pytest.mark.django_db
def test_a_failed_job_is_recorded_until_it_succeeds() -> None:
    def fail() -> int:
        raise OSError("sam@example.org cannot be reached")

    for _ in range(3):
        worker.run(Job("emails", fail, 1))
    failure = JobFailure.objects.recent().get()
    assert (failure.job, failure.count, failure.error) == (
        "emails",
        3,
        "OSError in tests/operations/test_heartbeat.py, line 90",
    )
    worker.run(Job("emails", lambda: 0, 1))
    assert not JobFailure.objects.exists()


@pytest.mark.django_db
def test_a_failure_of_an_earlier_process_ends_with_the_first_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_failing", set())
    JobFailure.objects.record("emails", "OSError")
    worker.remember_failing_jobs()
    worker.run(Job("emails", lambda: 0, 1))
    assert not JobFailure.objects.exists()


@pytest.mark.django_db
def test_a_failure_of_two_days_ago_does_not_count() -> None:
    JobFailure.objects.record("emails", "OSError")
    JobFailure.objects.update(failed_at=timezone.now() - timedelta(days=2), count=7)
    assert not JobFailure.objects.recent().exists()
    JobFailure.objects.record("emails", "OSError")
    assert JobFailure.objects.recent().get().count == 1


def test_an_error_is_described_without_its_text() -> None:
    with pytest.raises(ValueError, match="sam@") as caught:
        int("sam@example.org")
    assert describe(caught.value).startswith("ValueError in tests/operations/test_heartbeat.py, line ")
    assert describe(KeyError("sam@example.org")) == "KeyError"
