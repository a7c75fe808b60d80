"""Send campaigns, and nothing else: for a list so long that `worker` should not do it beside its other jobs."""

import logging
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from newsletter.delivery.sending import deliver

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PAUSE_AFTER_FAILURE = 60.0


class Command(BaseCommand):
    """`newsletter_worker [--once]`; ends at SIGTERM or Ctrl-C after the mail in hand. Any number may run at once."""

    help = "Send the campaigns of the newsletter: run it beside the worker, or from cron with --once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due, then end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        # Not an Event: a second signal in the middle of its set() would wait for the first for ever.
        signals: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: signals.append(received))
        while not signals:
            pause = POLL_SECONDS
            try:
                if deliver(lambda: bool(signals)):
                    continue
            except Exception:
                if once:
                    raise
                log.exception("The newsletter rests for a minute")
                pause = PAUSE_AFTER_FAILURE
            if once:
                break
            close_old_connections()
            end = time.monotonic() + pause
            while not signals and time.monotonic() < end:
                time.sleep(min(POLL_SECONDS, pause))
