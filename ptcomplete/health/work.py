"""Checks of background work: workers, what is waiting, and what has failed."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core.mail import mailers
from django.db import connection
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import AccountEmail
from contact.email_delivery import delivery_problem as contact_problem
from contact.models import Message
from images.models import Image
from images.rendition_formats import FAILED
from indexnow.models import SubmissionState
from indexnow.submission import why_off
from newsletter.models import Campaign
from operations.findings import Finding, error, ok, warning
from operations.models import SILENT_AFTER, JobFailure, Maintenance, WorkerProcess
from operations.version import app_version
from outbox import sending
from ptcomplete.health.findings import duration
from publishing.models import PendingEdit
from siteinfo.models import SiteInfo
from siteinfo.urls import admin_url, is_local_site

# A process that was killed an hour ago, while others live, has been replaced.
REPLACED_AFTER = timedelta(hours=1)
# Jobs work in small batches. The longest, a round of a campaign or the images of a large upload, take a minute.
LONG_JOB, ENDLESS_JOB = timedelta(minutes=10), timedelta(minutes=30)
LATE, VERY_LATE = timedelta(minutes=10), timedelta(hours=1)
CLOCK_WARNING, CLOCK_ERROR = timedelta(seconds=30), timedelta(minutes=5)
START_WORKER = "Start it with “manage.py worker”, or restart its service. Emails, backups and scheduled changes wait."


def worker() -> Finding:
    """Check that a worker lives, and that none hangs or runs another release."""
    rows = list(WorkerProcess.objects.annotate(now=Now()).order_by("-seen_at"))
    living = [row for row in rows if row.now - row.seen_at < SILENT_AFTER]
    if not any(row.kind == "worker" for row in living):
        last = next((row for row in rows if row.kind == "worker"), None)
        if last is None:
            return error("No worker is running.", START_WORKER)
        what = f" It was doing “{last.job}”." if last.job else ""
        return error(f"The {last} stopped reporting {duration(last.now - last.seen_at)} ago.{what}", START_WORKER)
    for row in living:
        age = row.now - row.job_started_at if row.job_started_at else timedelta()
        if age > LONG_JOB:
            level = error if age > ENDLESS_JOB else warning
            return level(
                f"The {row} has been doing “{row.job}” for {duration(age)}.",
                "If that goes on, restart it. Nothing is lost. The log may say what it waits for.",
            )
        if row.version != app_version():
            return warning(
                f"The {row} runs release {row.version}, and the site {app_version()}.", "Restart the worker."
            )
    for row in rows:
        if SILENT_AFTER <= row.now - row.seen_at < REPLACED_AFTER:
            return warning(
                f"The {row} stopped reporting {duration(row.now - row.seen_at)} ago. Another one is running.",
                "If nobody stopped it, look into its log.",
            )
    return ok(_describe_workers(living))


def _describe_workers(living: Sequence[WorkerProcess]) -> str:
    latest = max(
        (row for row in living if row.last_job_at), key=lambda row: row.last_job_at or row.seen_at, default=None
    )
    did = f" Last job: {latest.last_job}." if latest else ""
    return f"{len(living)} worker processes are running.{did}" if len(living) > 1 else f"A worker is running.{did}"


def clock() -> Finding:
    """Compare the clocks of this process, the workers and, unless it is SQLite, the database."""
    differences = [
        (abs(row.clock - row.seen_at), f"The clock of {row.host} differs from the database's")
        for row in WorkerProcess.objects.filter(seen_at__gte=timezone.now() - timedelta(days=1))
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            differences.append(
                (abs(cursor.fetchone()[0] - timezone.now()), "The clock of the web server differs from the database's")
            )
    difference, what = max(differences, default=(timedelta(), ""))
    if difference > CLOCK_WARNING:
        level = error if difference > CLOCK_ERROR else warning
        return level(
            f"{what} by {_seconds(difference)}.",
            "Synchronize the clocks of all machines, such as with systemd-timesyncd or chrony.",
        )
    return ok("The clocks agree." if differences else "There is only one clock.")


def _seconds(difference: timedelta) -> str:
    return f"{difference.total_seconds():,.0f} seconds"


def queue() -> Finding:
    """Check that nothing that is due waits for long."""
    if Maintenance.current():
        return ok("Work waits for the end of the maintenance.")
    now, due = timezone.now(), []
    if "default" in mailers and (oldest := sending.oldest_due()):
        due.append((oldest, "An email has been waiting"))
    edit = PendingEdit.objects.filter(publish_at__lte=now, problem="").order_by("publish_at").only("publish_at").first()
    if edit and edit.publish_at:
        due.append((edit.publish_at, "A change that should have been published has been waiting"))
    since, what = min(due, default=(now, ""))
    if now - since > LATE:
        level = error if now - since > VERY_LATE else warning
        return level(
            f"{what} for {duration(now - since)}.", "Check that the worker is running, and whether jobs have failed."
        )
    return ok("Nothing that is due is waiting.")


def failed_jobs() -> Finding:
    """Report jobs whose last run failed."""
    failures = list(JobFailure.objects.recent())
    if not failures:
        return ok("No job has failed.")
    first = failures[0]
    more = f" {len(failures) - 1} more jobs fail." if len(failures) > 1 else ""
    level = error if timezone.now() - first.first_failed_at > VERY_LATE else warning
    times = "once" if first.count == 1 else f"{first.count:,} times"
    last = duration(timezone.now() - first.failed_at)
    return level(
        f"The job “{first.job}” failed {times}, last {last} ago ({first.error}).{more}",
        "It is tried again every minute. The log of the worker has the details.",
    )


def set_aside() -> Finding:
    """Report what the worker could not process and does not try again."""
    counts = [
        (Image.objects.filter(formats_hash=FAILED).count(), "image", admin_url(Image)),
        (PendingEdit.objects.exclude(problem="").count(), "scheduled change", ""),
        (sending.count_given_up(), "email", admin_url(Message)),
    ]
    found = [(count, noun, url) for count, noun, url in counts if count]
    if not found:
        return ok("Nothing has been set aside.")
    names = ", ".join(f"{count:,} {noun if count == 1 else f'{noun}s'}" for count, noun, _ in found)
    return warning(
        f"Could not be processed, and will not be tried again: {names}.",
        "The dashboard names images and changes. Emails say why in their list.",
        next((url for *_, url in found if url), ""),
    )


def mail() -> Finding:
    """Check the settings for email, and what the mail server said last."""
    if "default" not in mailers and is_local_site():
        return ok("Not set up. A site on this machine needs no mail server.")
    if "default" not in mailers:
        return warning(
            "No mail server is set. Emails wait until there is one.",
            "Set EMAIL_URL and EMAIL_FROM, then run “manage.py send_test_email”.",
        )
    if problem := contact_problem() or sending.delivery_problem(AccountEmail.objects.all(), *sending.queues()):
        return warning(problem, "Fix the cause, then run “manage.py send_test_email”.", admin_url(Message))
    finished_at = Campaign.objects.aggregate(latest=Max("finished_at"))["latest"]
    sent_at = max(filter(None, (sending.last_sent(), finished_at)), default=None)
    sender = f"Emails come from {settings.DEFAULT_FROM_EMAIL}."
    return ok(
        f"The last email was sent {duration(timezone.now() - sent_at)} ago. {sender}"
        if sent_at
        else f"No failures. {sender}"
    )


def indexnow() -> Finding:
    """Report how the last submission of URLs to search engines went."""
    url = admin_url(SiteInfo)
    if not SiteInfo.load().uses_indexnow:
        return ok("Off. Search engines find new posts without it, only later.", url)
    if reason := why_off():
        return ok(f"On, but nothing is sent while {reason}.", url)
    state = SubmissionState.objects.first()
    if state and state.error and state.failed_at:
        return warning(
            f"The last submission failed {duration(timezone.now() - state.failed_at)} ago. {state.error}",
            "It is tried again for a day. Publishing does not depend on it. If it goes on, check that visitors can open"
            " the key file, and that SITE_URL is right.",
        )
    if state is None or state.submitted_at is None:
        return ok("On. Nothing was published or changed since.")
    age = duration(timezone.now() - state.submitted_at)
    count = state.submitted_count
    return ok(f"{count:,} {'URL was' if count == 1 else 'URLs were'} accepted {age} ago.")
