"""Send campaigns as an additional process of a worker, which starts this command if NEWSLETTER_PROCESSES is above 1.

Commands arrive on standard input: "send 2" starts a round over two connections, after which the number of attempts is
printed; "stop" ends the round after the current emails. The process ends when its input does, that is with its worker.
"""

import gc
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from newsletter.delivery.sending import send_over_connections
from siteinfo.local_time import local_time_of_site

# How long the current emails may take once the worker has ended. After a kill, the journal shows what they were.
GRACE_SECONDS = 10.0


class Command(BaseCommand):
    """Run sending rounds in the main thread while another thread reads the worker's commands."""

    help = "Started by the worker to send campaigns in several processes. Not meant to be run by hand."
    # The worker has run them.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run rounds until the input ends, or until SIGTERM or Ctrl-C."""
        # Numbers of connections; None ends the process. Signal handlers may call `put` at any time.
        self._rounds: SimpleQueue[int | None] = SimpleQueue()
        self._is_stopped = self._is_ended = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end())
        threading.Thread(target=self._read_commands, daemon=True).start()
        # What was loaded stays, so the garbage collector need not look at it again and again.
        gc.freeze()
        while connections := self._rounds.get():
            close_old_connections()
            with local_time_of_site():
                attempts = send_over_connections(connections, lambda: self._is_stopped or self._is_ended)
            with suppress(BrokenPipeError):
                os.write(sys.stdout.fileno(), f"{attempts}\n".encode())

    def _read_commands(self) -> None:
        # Unbuffered: Python crashes if it exits while a thread waits for a buffered line.
        with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as commands:
            for line in commands:
                name, *arguments = line.split()
                self._is_stopped = name == b"stop"
                if name == b"send":
                    self._rounds.put(int(arguments[0]))
        self._end()
        time.sleep(GRACE_SECONDS)
        os._exit(1)

    def _end(self) -> None:
        self._is_ended = True
        self._rounds.put(None)
