"""Do the rooms' periodic work beside the web server.

There is no queue: each job finds what is left to do in the data itself, so a worker that was killed, or two that
run at once, lose and spoil nothing.
"""

import logging
import os
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from affiliates.link_checker import check_next
from contact.models import Message
from feedback.models import Suggestion
from images.renditions import make_missing
from instagram import api as instagram_api
from instagram import archive as instagram_archive
from newsletter.delivery import sending
from newsletter.models import ConsentEvent, Delivery, Subscriber, WebhookEvent
from outbox.sending import send_due_emails
from public_forms import ratelimit
from publishing.revisions import publish_due_edits
from redirects.services import prune_not_found_log
from search.indexing import index_missing

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PAUSE_AFTER_FAILURE = 60.0


class Job(NamedTuple):
    """Work of a room: `work` does a part of what is left and says how many pieces that was; 0 ends the round."""

    name: str
    work: Callable[[], int]
    seconds_between: float


# Few pictures at a time: each takes seconds, and a worker that is told to stop should not keep anybody waiting.
JOBS = (
    Job("private changes whose time has come", publish_due_edits, 5),
    Job("documents that search does not know yet", index_missing, 30),
    Job("queued emails", send_due_emails, 2),
    # A part takes a few seconds of a long list's time, so that nothing else waits.
    Job("campaigns of the newsletter", partial(sending.deliver, lambda: False, seconds=3), 2),
    Job("picture renditions", partial(make_missing, limit=2), 0),
    Job("new pictures of the strip", instagram_api.fetch_due, 60),
    Job("whether links still lead somewhere", check_next, 30),
    Job("archives that nobody chose from", instagram_archive.forget_old, 3600),
    Job("expired rate limit counters", ratelimit.delete_expired, 3600),
    Job("expired contact messages", Message.objects.delete_expired, 3600),
    Job("addresses that were never confirmed, or long left", Subscriber.objects.expire, 3600),
    Job("networks in the log of consent", ConsentEvent.objects.forget_networks, 3600),
    Job("proofs of consent that ended three years ago", ConsentEvent.objects.forget_ended, 3600),
    Job("addresses on the mails of old campaigns", Delivery.objects.forget_old, 3600),
    Job("what mail providers told months ago", WebhookEvent.objects.forget_old, 3600),
    Job("404 log entries that are answered", prune_not_found_log, 3600),
    Job("names beside old suggestions", Suggestion.objects.nameless, 3600),
)


def run(job: Job) -> int | None:
    """Do one part of `job`: how many pieces, or None if it failed, which is logged and raised to nobody."""
    try:
        return job.work()
    except Exception:
        log.exception("The job “%s” failed", job.name)
        return None


def work_until_idle(stopped: Callable[[], bool], jobs: Sequence[Job]) -> bool:
    """Do all that is left of every job, or until `stopped`; whether every job ended well."""
    ended_well = True
    for job in jobs:
        done: int | None = 1
        while done and not stopped():
            done = run(job)
        ended_well = ended_well and done is not None
    return ended_well


def work_until(stopped: Callable[[], bool], jobs: Sequence[Job]) -> None:
    """Do the jobs whenever they are due, until `stopped`."""
    due_at = dict.fromkeys(jobs, 0.0)
    while not stopped():
        for job in jobs:
            if due_at[job] <= time.monotonic() and not stopped():
                pause = PAUSE_AFTER_FAILURE if run(job) is None else job.seconds_between
                due_at[job] = time.monotonic() + pause
                close_old_connections()
        time.sleep(POLL_SECONDS)


class Command(BaseCommand):
    """`worker [--once] [--parent PID]`; ends at SIGTERM or Ctrl-C after the piece of work at hand."""

    help = "Do the periodic work of the site: run it beside the web server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do all that is left, then end")
        parser.add_argument("--parent", type=int, metavar="PID", help="end when this process, the parent, ends")

    def handle(self, *args: Any, once: bool, parent: int | None, **options: Any) -> None:
        # Not an Event: a second signal in the middle of its set() would wait for the first for ever.
        signals: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: signals.append(received))

        def stopped() -> bool:
            return bool(signals) or parent not in (None, os.getppid())

        if not once:
            work_until(stopped, JOBS)
        elif not work_until_idle(stopped, JOBS):
            raise CommandError("A job failed: see the messages above.")
