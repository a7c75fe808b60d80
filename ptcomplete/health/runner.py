"""Run health checks, each for a limited time."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, transaction

from operations.errors import describe
from operations.findings import Finding, Level, error, warning
from ptcomplete.health.checks import CHECKS, DATABASE
from ptcomplete.health.findings import Check, Result

log = logging.getLogger(__name__)

# Seconds for a check. The remote ones run at the same time.
TIMEOUT = 5.0


def run_checks(checks: Sequence[Check] = CHECKS) -> list[Result]:
    """Run the checks and return the results, the worst first. Without a database, some of them are left out."""
    threads = {check: _Thread(check) for check in (DATABASE, *checks) if check.is_remote}
    has_database = threads[DATABASE].finding().level != Level.ERROR
    results = []
    for check in checks:
        if check.is_remote:
            results.append(Result(check, threads[check].finding()))
        elif has_database or not check.needs_database:
            results.append(Result(check, _run(check)))
    return _worst_first(results)


def dashboard_problems() -> list[Result]:
    """Return the problems that can be found without waiting for another machine, the worst first."""
    checks = [check for check in CHECKS if check.is_on_dashboard and not check.is_remote]
    return _worst_first(result for check in checks if (result := Result(check, _run(check))).is_problem)


def _worst_first(results: Iterable[Result]) -> list[Result]:
    severity = list(Level)
    return sorted(results, key=lambda result: severity.index(result.finding.level))


class _Thread:
    """A check that runs in a thread. A thread that hangs does not keep the process from ending."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._finding: Finding | None = None
        self._deadline = time.monotonic() + TIMEOUT
        self._thread = threading.Thread(target=self._run, name=f"health: {check.name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._finding = _run(self._check)
        finally:
            connection.close()

    def finding(self) -> Finding:
        """Return the finding. At the end of the time, return that there was no answer."""
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        if self._finding is not None:
            return self._finding
        level = error if self._check == DATABASE else warning
        return level(
            f"No answer within {TIMEOUT:.0f} seconds.",
            "Check the network and the load of the machine, then check again.",
        )


def _run(check: Check) -> Finding:
    """Run a check. One that fails is a finding too, and does not stop the others."""
    try:
        if not check.needs_database:
            return check.run()
        with _time_limit():
            return check.run()
    except Exception as failure:
        if isinstance(failure, DatabaseError) and _is_interrupted(failure):
            return warning(
                f"The database took more than {TIMEOUT:.0f} seconds.",
                "Check the load of the machine, then check again.",
            )
        log.warning("The health check “%s” failed", check.name, exc_info=True)
        return error(
            f"The check failed with {describe(failure)}.", "The log of the web server or of this command says more."
        )


def _is_interrupted(failure: DatabaseError) -> bool:
    return any(words in str(failure) for words in ("interrupted", "statement timeout"))


@contextmanager
def _time_limit() -> Iterator[None]:
    """Interrupt a statement in this block after TIMEOUT."""
    if connection.vendor == "postgresql":
        # A savepoint at least: after a statement that failed, the transaction around it could not go on.
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{TIMEOUT * 1000:.0f}"])
            yield
        return
    # No transaction here: on SQLite each waits for the writer of another process.
    deadline = time.monotonic() + TIMEOUT
    connection.ensure_connection()
    raw: Any = connection.connection
    raw.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
