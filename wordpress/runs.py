"""Who works on which import. One process at a time does, and a run whose process was killed goes on in another."""

import os
import socket
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from operations.processes import may_be_running
from wordpress.models import ImportRun

State = ImportRun.State
# A process that has not reported for so long was killed, on whatever machine. The longest step between two reports is
# that of one large image.
STALE_AFTER = timedelta(minutes=5)
MAX_ATTEMPTS = 3
REPORT_SECONDS = 1.0
INTERRUPTED = "The import was interrupted. What it had imported is here. Start it again, and it goes on from there."


class LostClaimError(Exception):
    """Another process has taken over the run, because this one had not reported for minutes."""


class Claim:
    """The right of this process to work on a run. Every write depends on it."""

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self._reported_at = 0.0

    def progress(self, step: str, done: int, total: int = 0) -> None:
        """Store the progress, about once a second. Raise LostClaimError if another process has the run."""
        is_new_step = step != self.run.step
        self.run.step, self.run.done, self.run.total = step, done, total
        if is_new_step or time.monotonic() - self._reported_at >= REPORT_SECONDS:
            self._reported_at = time.monotonic()
            self.save("step", "done", "total")

    def save(self, *fields: str) -> None:
        """Store fields of the run. Raise LostClaimError if another process has it."""
        self.run.active_at = timezone.now()
        values = {name: getattr(self.run, name) for name in (*fields, "active_at")}
        mine = ImportRun.objects.filter(pk=self.run.pk, state=State.RUNNING, claim=self.run.claim)
        if not mine.update(**values):
            raise LostClaimError

    def release(self) -> None:
        """Let another process go on, because this one was asked to stop."""
        mine = ImportRun.objects.filter(pk=self.run.pk, state=State.RUNNING, claim=self.run.claim)
        mine.update(state=State.QUEUED, attempts=max(self.run.attempts - 1, 0))

    def finish(self, state: ImportRun.State, error: str = "") -> None:
        """End the work."""
        self.run.state, self.run.error, self.run.finished_at = state, error, timezone.now()
        mine = ImportRun.objects.filter(pk=self.run.pk, state=State.RUNNING, claim=self.run.claim)
        mine.update(state=state, error=error, finished_at=self.run.finished_at)


def claim(run: ImportRun) -> Claim | None:
    """Take a run that waits. Return None if another run is being worked on, or another process was faster."""
    release_interrupted()
    now = timezone.now()
    values: dict[str, Any] = {
        "state": State.RUNNING,
        "claim": uuid4().hex,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "active_at": now,
        "started_at": run.started_at or now,
        "attempts": run.attempts + 1,
        "error": "",
        "step": "",
        "done": 0,
    }
    try:
        with transaction.atomic():
            if not ImportRun.objects.filter(pk=run.pk, state=State.QUEUED).update(**values):
                return None
    except IntegrityError:
        return None
    run.refresh_from_db()
    return Claim(run)


def claim_next() -> Claim | None:
    """Take the run that has waited longest, if no other is being worked on."""
    release_interrupted()
    run = ImportRun.objects.filter(state=State.QUEUED).order_by("created_at", "pk").first()
    return claim(run) if run else None


def is_any_waiting() -> bool:
    """Return whether there is work, including a run whose process was killed."""
    release_interrupted()
    queued = ImportRun.objects.filter(state=State.QUEUED).exists()
    return queued and not ImportRun.objects.filter(state=State.RUNNING).exists()


def release_interrupted() -> None:
    """Queue the run whose process was killed, or end it if it was started by hand or has been tried too often."""
    for run in ImportRun.objects.filter(state=State.RUNNING):
        if is_alive(run):
            continue
        mine = ImportRun.objects.filter(pk=run.pk, state=State.RUNNING, claim=run.claim)
        if run.is_by_hand or run.attempts >= MAX_ATTEMPTS:
            mine.update(state=State.FAILED, error=INTERRUPTED, finished_at=timezone.now())
        else:
            mine.update(state=State.QUEUED)


def is_alive(run: ImportRun) -> bool:
    """Return whether the process that works on the run is alive, as far as this machine can know."""
    if run.active_at is None or run.active_at < timezone.now() - STALE_AFTER:
        return False
    return may_be_running(run.host, run.pid)


def start_by_hand(files: list[dict[str, Any]], digest: str, options: dict[str, Any]) -> Claim | None:
    """Take the run of a command: the one of the same files that did not end, or a new one.

    Return None if another import is running.
    """
    release_interrupted()
    unfinished = ImportRun.objects.filter(
        task=ImportRun.Task.IMPORT, state=State.FAILED, is_by_hand=True, digest=digest
    ).first()
    if unfinished:
        ImportRun.objects.filter(pk=unfinished.pk, state=State.FAILED).update(state=State.QUEUED, options=options)
        unfinished.refresh_from_db()
    run = unfinished or ImportRun.objects.create(
        task=ImportRun.Task.IMPORT, state=State.QUEUED, is_by_hand=True, files=files, digest=digest, options=options
    )
    taken = claim(run)
    if taken is None and run.state == State.QUEUED:
        # The worker must not start what the command gave up.
        ImportRun.objects.filter(pk=run.pk, state=State.QUEUED).update(
            state=State.FAILED, error="Another import was running.", finished_at=timezone.now()
        )
    return taken


def request_undo(run: ImportRun, user: User | None) -> bool:
    """Queue the undo of an import that has ended. Return False if it cannot be undone."""
    ended = ImportRun.objects.filter(pk=run.pk, task__in=[ImportRun.Task.IMPORT, ImportRun.Task.UNDO])
    values: dict[str, Any] = {
        "task": ImportRun.Task.UNDO,
        "state": State.QUEUED,
        "attempts": 0,
        "error": "",
        "finished_at": None,
        "requested_by": user,
    }
    return bool(
        ended.filter(state=State.FAILED).update(**values)
        or ended.filter(task=ImportRun.Task.IMPORT, state=State.DONE).update(**values)
    )
