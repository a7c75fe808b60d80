"""The worker runs all jobs, survives failures and stops on a signal."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from operations.heartbeat import Heartbeat
from ptcomplete.management.commands import worker
from ptcomplete.management.commands.worker import Job
from tests.factories import make_image


def make_job(number: int) -> tuple[list[int], Callable[[], int]]:
    """Return a list of `number` units of work, and a job that removes one per call."""
    remaining = list(range(number))

    def work() -> int:
        return 1 if remaining and remaining.pop() is not None else 0

    return remaining, work


def fail() -> int:
    raise OSError("the disk is full")


def never() -> bool:
    return False


@pytest.mark.django_db
def test_work_until_idle_finishes_all_work() -> None:
    remaining, work = make_job(3)
    assert worker.work_until_idle(never, [Job("three", work, 1)])
    assert remaining == []


@pytest.mark.django_db
def test_a_failing_job_is_logged_and_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    remaining, work = make_job(2)
    assert not worker.work_until_idle(never, [Job("broken", fail, 1), Job("two", work, 1)])
    assert remaining == []
    assert "The job “broken” failed" in caplog.text
    assert "the disk is full" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_failing_job_pauses_while_the_others_continue(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    remaining, work = make_job(5)
    polls = count()
    worker.work_until(lambda: next(polls) > 40, [Job("broken", fail, 0), Job("often", work, 0)], Heartbeat("worker"))
    assert remaining == []
    assert caplog.text.count("The job “broken” failed") == 1


@pytest.mark.django_db
def test_a_job_waits_for_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    remaining, work = make_job(5)
    polls = count()
    worker.work_until(lambda: next(polls) > 40, [Job("hourly", work, 3600)], Heartbeat("worker"))
    assert len(remaining) == 4


@pytest.mark.parametrize(("busy_interval", "expected"), [(0, []), (None, [0, 1, 2, 3])])
@pytest.mark.django_db(transaction=True)
def test_a_job_that_found_work_may_continue_earlier(
    monkeypatch: pytest.MonkeyPatch, busy_interval: float | None, expected: list[int]
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    remaining, work = make_job(5)
    polls = count()
    worker.work_until(lambda: next(polls) > 40, [Job("hourly", work, 3600, busy_interval)], Heartbeat("worker"))
    assert remaining == expected


@pytest.mark.django_db
def test_a_stopped_worker_starts_no_more_work() -> None:
    remaining, work = make_job(1)
    worker.work_until_idle(lambda: True, [Job("one", work, 0)])
    worker.work_until(lambda: True, [Job("one", work, 0)], Heartbeat("worker"))
    assert remaining == [0]


@pytest.mark.django_db
def test_the_worker_creates_the_renditions_of_a_new_image() -> None:
    image = make_image()
    assert not image.has_renditions
    worker.work_until_idle(never, worker.JOBS)
    image.refresh_from_db()
    assert image.has_renditions


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a worker process with a separate folder and database."""
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": database,
        "LOG_LEVEL": "ERROR",
    }


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_worker_cleanly(environment: dict[str, str], number: int) -> None:
    command = [sys.executable, "manage.py", "worker"]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        # The database has no tables, so jobs fail, but the worker keeps running.
        assert "failed" in process.stderr.readline()
        # Visitors come first.
        assert os.getpriority(os.PRIO_PROCESS, process.pid) >= worker.NICENESS
        process.send_signal(number)
        assert process.wait(timeout=30) == 0


@pytest.mark.slow
def test_a_worker_exits_with_its_parent(environment: dict[str, str]) -> None:
    parent = (
        "import os, subprocess, sys;"
        "subprocess.Popen([sys.executable, 'manage.py', 'worker', '--parent', str(os.getpid())])"
    )
    # The worker inherits the pipe, so this returns only when the worker has exited too.
    ended = subprocess.run(
        [sys.executable, "-c", parent],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert ended.stderr == b""


@pytest.mark.django_db
def test_the_once_option_runs_all_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    image = make_image()
    call_command("worker", "--once")
    image.refresh_from_db()
    assert image.has_renditions
