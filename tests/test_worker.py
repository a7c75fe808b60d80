"""The worker: does what is left, survives what fails, ends when told."""

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

from ptcomplete.management.commands import worker
from ptcomplete.management.commands.worker import Job
from tests.factories import make_image


def pieces(number: int) -> tuple[list[int], Callable[[], int]]:
    """Work in `number` pieces, one a call, and the list of those that are left."""
    left = list(range(number))

    def work() -> int:
        return 1 if left and left.pop() is not None else 0

    return left, work


def fail() -> int:
    raise OSError("the disk is full")


def never() -> bool:
    return False


def test_once_does_all_that_is_left() -> None:
    left, work = pieces(3)
    assert worker.work_until_idle(never, [Job("three", work, 1)])
    assert left == []


def test_a_failing_job_is_logged_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    left, work = pieces(2)
    assert not worker.work_until_idle(never, [Job("broken", fail, 1), Job("two", work, 1)])
    assert left == []
    assert "The job “broken” failed" in caplog.text
    assert "the disk is full" in caplog.text


@pytest.mark.django_db
def test_a_failing_job_pauses_while_the_others_go_on(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    left, work = pieces(5)
    questions = count()
    worker.work_until(lambda: next(questions) > 40, [Job("broken", fail, 0), Job("often", work, 0)])
    assert left == []
    assert caplog.text.count("The job “broken” failed") == 1


@pytest.mark.django_db
def test_a_job_rests_between_its_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    left, work = pieces(5)
    questions = count()
    worker.work_until(lambda: next(questions) > 40, [Job("hourly", work, 3600)])
    assert len(left) == 4


@pytest.mark.django_db
def test_a_stopped_worker_begins_no_further_piece() -> None:
    left, work = pieces(1)
    worker.work_until_idle(lambda: True, [Job("one", work, 0)])
    worker.work_until(lambda: True, [Job("one", work, 0)])
    assert left == [0]


@pytest.mark.django_db
def test_the_worker_makes_the_renditions_of_a_new_picture() -> None:
    image = make_image()
    assert not image.has_renditions
    worker.work_until_idle(never, worker.JOBS)
    image.refresh_from_db()
    assert image.has_renditions


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A folder and a database of its own for a worker in another process."""
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": database,
        "LOG_LEVEL": "ERROR",
    }


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_worker_well(environment: dict[str, str], number: int) -> None:
    command = [sys.executable, "manage.py", "worker"]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        # The database has no tables: the job fails, the worker lives on.
        assert "failed" in process.stderr.readline()
        process.send_signal(number)
        assert process.wait(timeout=10) == 0


@pytest.mark.slow
def test_a_worker_ends_with_its_parent(environment: dict[str, str]) -> None:
    parent = (
        "import os, subprocess, sys;"
        "subprocess.Popen([sys.executable, 'manage.py', 'worker', '--parent', str(os.getpid())])"
    )
    # The worker inherits the pipe, so this returns when the worker, too, has ended.
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
def test_once_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    image = make_image()
    call_command("worker", "--once")
    image.refresh_from_db()
    assert image.has_renditions
