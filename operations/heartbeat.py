"""Report that a background process lives, and what it is doing."""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Self
from uuid import uuid4

from django.db import DatabaseError, connection
from django.utils import timezone

from operations.context import job_context
from operations.models import FORGET_AFTER, WorkerProcess
from operations.processes import may_be_running
from operations.version import app_version

log = logging.getLogger(__name__)

INTERVAL = 15.0  # seconds


class _Activity(NamedTuple):
    job: str
    since: datetime | None


_IDLE = _Activity("", None)


class Heartbeat:
    """Reports every 15 seconds from a thread, so that a job that hangs is reported as well, with its name.

    Used as a context manager around the life of the process.
    """

    def __init__(self, kind: str) -> None:
        self._process = WorkerProcess(
            id=uuid4(),
            kind=kind,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=app_version(),
            started_at=timezone.now(),
        )
        self._current = self._last = _IDLE
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(timeout=2)
        with suppress(DatabaseError):
            WorkerProcess.objects.filter(pk=self._process.pk).delete()

    @contextmanager
    def working_on(self, job: str) -> Iterator[None]:
        """Name what the process does in this block."""
        self._current = _Activity(job, timezone.now())
        try:
            with job_context(job):
                yield
        finally:
            self._current, self._last = _IDLE, _Activity(job, timezone.now())

    def report(self) -> None:
        """Write the row. An error is logged, since the database may be back for the next report."""
        current, last = self._current, self._last
        try:
            self._process.report(
                job=current.job, job_started_at=current.since, last_job=last.job, last_job_at=last.since
            )
        except DatabaseError as error:
            log.warning("The heartbeat could not be written: %s", type(error).__name__)

    def _run(self) -> None:
        with suppress(DatabaseError):
            forget_dead_processes(self._process.host)
        while True:
            self.report()
            # An open connection would only cost memory between two reports.
            connection.close()
            if self._ended.wait(INTERVAL):
                return


def forget_dead_processes(host: str) -> None:
    """Delete the rows of processes that were killed: on this machine, and of any that has been silent for a day."""
    for process in WorkerProcess.objects.filter(host=host):
        if not _is_running(process.pid):
            process.delete()
    WorkerProcess.objects.filter(seen_at__lt=timezone.now() - FORGET_AFTER).delete()


def _is_running(pid: int) -> bool:
    if pid == os.getpid():
        return False  # an earlier process, whose number this one has now
    return may_be_running(socket.gethostname(), pid)
