"""Run the site's background jobs.

There is no job queue. Each job finds its work in the database, so killing a worker loses nothing, and several workers
can run at once.
"""

import logging
import os
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from affiliates.link_checker import check_next
from analytics.counting import count_page_views, delete_old_counts
from analytics.weekly_delivery import queue_weekly_emails
from backups.scheduling import BackupProcess
from evidence import lookup, watch
from exercises.sheets import pdf
from images import og_images
from images.storage import delete_abandoned_parts
from images.tasks import create_missing_renditions
from indexnow.submission import submit_changes
from instagram import api as instagram_api
from instagram import archive as instagram_archive
from newsletter.models import WebhookEvent
from newsletter.worker import run_round
from object_storage.errors import StorageUnavailableError
from operations.errors import describe
from operations.heartbeat import Heartbeat
from operations.maintenance import is_maintenance_on, or_maintenance
from operations.models import JobFailure
from outbox.sending import send_due_emails
from privacy.registry import register
from ptcomplete.database_retry import is_lost_connection
from publishing.revisions import publish_due_edits
from redirects.services import prune_not_found_log
from search.indexing import index_missing
from site_export.archives import ExportProcess
from site_export.models import SiteExport
from siteinfo.local_time import local_time_of_site
from wordpress.background import ImportProcess
from wordpress.files import delete_old_files

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
NICENESS = 10
PAUSE_AFTER_FAILURE = 60.0
# A database server that restarts is back soon, and the job itself is not at fault.
PAUSE_WITHOUT_DATABASE = 1.0
PAUSE_WITHOUT_STORAGE = 5.0


class Job(NamedTuple):
    """A job. `work` does a batch of its work and returns the number of items; 0 means that nothing is left.

    Without `busy_interval`, the next batch waits for `interval` even if there is more to do.
    """

    name: str
    work: Callable[[], int]
    interval: float  # seconds between batches
    busy_interval: float | None = None  # seconds after a batch that found work


_backup_process = BackupProcess()
_import_process = ImportProcess()
_export_process = ExportProcess()
_failing: set[str] = set()

# Batches are small, so that a job does not delay the others and the worker stops quickly.
JOBS = (
    Job("scheduled pending edits", publish_due_edits, 5),
    Job("documents missing from the search index", index_missing, 30),
    Job("queued emails", send_due_emails, 5, busy_interval=2),
    Job("page views", count_page_views, 10),
    Job("old page views", delete_old_counts, 3600),
    Job("weekly emails", queue_weekly_emails, 600),
    Job("newsletter campaigns", partial(run_round, lambda: False, seconds=3), 5, busy_interval=2),
    Job("backup", _backup_process.start_if_due, 60),
    Job("import from WordPress", _import_process.start_if_due, 2),
    Job("export of the site", _export_process.start_if_due, 5),
    Job("expired exports of the site", SiteExport.objects.delete_expired, 3600),
    Job("image renditions", partial(create_missing_renditions, limit=2), 5, busy_interval=0),
    Job("new Instagram images", instagram_api.fetch_due, 60),
    Job("URLs for search engines", submit_changes, 60),
    Job("affiliate link check", check_next, 30),
    Job("details of references", lookup.look_up_next, 15, busy_interval=1),
    Job("retractions and DOIs of references", watch.check_next, 60),
    Job("unused Instagram archives", instagram_archive.delete_expired, 3600),
    Job("old webhook events", WebhookEvent.objects.delete_expired, 3600),
    Job("404 log entries with a redirect", prune_not_found_log, 3600),
    Job("files of old imports", delete_old_files, 3600),
    Job("old share images", og_images.delete_old, 3600),
    Job("old sheets of exercises", pdf.delete_old, 3600),
    Job("abandoned parts of uploads", delete_abandoned_parts, 24 * 3600),
    # Several periods of one model may share a job.
    *(Job(name, work, 3600) for name, work in {each.job: each.work for each in register.retentions()}.items()),
)


class Failure(NamedTuple):
    """A batch that failed, and the seconds until the next attempt."""

    pause: float


def run(job: Job) -> int | Failure:
    """Run a batch of `job` and return the number of items.

    Failures are logged and recorded, not raised. A success after one removes the record.
    """
    try:
        with local_time_of_site():
            count = job.work()
    except Exception as error:
        if is_lost_connection(error):
            log.warning("The job “%s” lost its connection to the database: %s", job.name, error)
            return Failure(PAUSE_WITHOUT_DATABASE)
        if isinstance(error, StorageUnavailableError):
            log.warning("The job “%s” cannot reach the storage of uploads: %s", job.name, error)
            return Failure(PAUSE_WITHOUT_STORAGE)
        log.exception("The job “%s” failed", job.name)
        # Even if the database is the reason.
        with suppress(DatabaseError):
            JobFailure.objects.record(job.name, describe(error))
        _failing.add(job.name)
        return Failure(PAUSE_AFTER_FAILURE)
    if job.name in _failing:
        with suppress(DatabaseError):
            JobFailure.objects.filter(job=job.name).delete()
            _failing.discard(job.name)
    return count


def remember_failing_jobs() -> None:
    """Load the jobs that failed in an earlier process, so that their success is noticed in this one."""
    with suppress(DatabaseError):
        _failing.update(JobFailure.objects.values_list("job", flat=True))


def work_until_idle(stopped: Callable[[], bool], jobs: Sequence[Job]) -> bool:
    """Run every job until nothing is left or `stopped()` returns True. Return whether no job failed."""
    succeeded = True
    for job in jobs:
        result: int | Failure = 1
        while result and not isinstance(result, Failure) and not stopped():
            result = run(job)
        succeeded = succeeded and not isinstance(result, Failure)
    return succeeded


def work_until(stopped: Callable[[], bool], jobs: Sequence[Job], heartbeat: Heartbeat) -> None:
    """Run the jobs whenever they are due until `stopped()` returns True."""
    due_at = dict.fromkeys(jobs, 0.0)
    stopped_or_maintenance = or_maintenance(stopped)
    while not stopped():
        for job in jobs:
            if due_at[job] <= time.monotonic() and not stopped_or_maintenance():
                with heartbeat.working_on(job.name):
                    result = run(job)
                due_at[job] = time.monotonic() + pause_after(job, result)
                close_old_connections()
        time.sleep(POLL_SECONDS)


def pause_after(job: Job, result: int | Failure) -> float:
    """Return the seconds until the next batch of `job` after one with this result."""
    if isinstance(result, Failure):
        return result.pause
    return job.busy_interval if result and job.busy_interval is not None else job.interval


class Command(BaseCommand):
    """`worker [--once] [--parent PID]`. SIGTERM and Ctrl-C stop it after the current batch."""

    help = "Run the site's background jobs. Keep it running alongside the web server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --once and --parent."""
        parser.add_argument("--once", action="store_true", help="run until nothing is left, then exit")
        parser.add_argument("--parent", type=int, metavar="PID", help="exit when this process, the parent, exits")

    def handle(self, *args: Any, once: bool, parent: int | None, **options: Any) -> None:
        """Run the jobs until a signal arrives."""
        # Not an Event: a second signal during its set() would deadlock.
        signals: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: signals.append(received))

        def stopped() -> bool:
            return bool(signals) or parent not in (None, os.getppid())

        remember_failing_jobs()
        if not once:
            # Visitors come first. Background work takes what the web server leaves of the processor.
            os.nice(NICENESS)
            with Heartbeat("worker") as heartbeat:
                work_until(stopped, JOBS, heartbeat)
            _backup_process.stop()
            _import_process.stop()
            _export_process.stop()
        elif is_maintenance_on():
            raise CommandError("Maintenance mode is on, so nothing was done.")
        else:
            has_succeeded = work_until_idle(stopped, JOBS)
            # Also after a failure, so that no process goes on without a worker.
            processes_succeeded = [process.wait() for process in (_backup_process, _import_process, _export_process)]
            if not (all(processes_succeeded) and has_succeeded):
                raise CommandError("A job failed. See the log above.")
