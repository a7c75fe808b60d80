"""Send campaigns without the other jobs of `worker`, for large lists."""

import gc
import logging
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

from newsletter.worker import run_round
from operations.heartbeat import Heartbeat
from siteinfo.local_time import local_time_of_site

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
ERROR_DELAY_SECONDS = 60.0


class Command(BaseCommand):
    """Send campaigns until SIGTERM or Ctrl-C, finishing the current email. Several may run at the same time."""

    help = "Send campaigns. Run it in addition to the worker, or from cron with --once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the option to run once."""
        parser.add_argument("--once", action="store_true", help="send what is due, then exit")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Run sending rounds; after an error, wait a minute, or a second if the database is gone."""
        # A list instead of an Event: a second signal during Event.set() would deadlock.
        signals: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: signals.append(received))
        # What was loaded stays, so the garbage collector need not look at it again and again.
        gc.freeze()
        with Heartbeat("newsletter_worker") as heartbeat:
            self._send(signals, heartbeat, once=once)

    def _send(self, signals: list[int], heartbeat: Heartbeat, *, once: bool) -> None:
        while not signals:
            delay = POLL_SECONDS
            try:
                with heartbeat.working_on("newsletter campaigns"), local_time_of_site():
                    attempts = run_round(lambda: bool(signals))
                if attempts:
                    continue
            except (InterfaceError, OperationalError) as error:
                if once:
                    raise
                log.warning("The database is not available. Trying again in a second: %s", error)
            except Exception:
                if once:
                    raise
                log.exception("Sending campaigns failed. Trying again in a minute")
                delay = ERROR_DELAY_SECONDS
            if once:
                break
            close_old_connections()
            end = time.monotonic() + delay
            while not signals and time.monotonic() < end:
                time.sleep(min(POLL_SECONDS, delay))
