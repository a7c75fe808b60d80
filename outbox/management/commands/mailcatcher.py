"""Catch the mails of a site on this machine, and show them in the browser."""

import os
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from outbox.mailcatcher import HOST, Catcher
from siteinfo.urls import is_on_this_machine


class Command(BaseCommand):
    """`mailcatcher [--port PORT] [--smtp-port PORT] [--parent PID]`; ends at SIGTERM or Ctrl-C. Keeps nothing."""

    help = "Catch mails instead of delivering them, and show them in the browser. For a site on this machine only."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8025, help="of the page that shows them")
        parser.add_argument(
            "--smtp-port", type=int, default=1025, help="where mails come in: EMAIL_URL=smtp://127.0.0.1:1025"
        )
        parser.add_argument("--parent", type=int, metavar="PID", help="end when this process, the parent, ends")

    def handle(self, *args: Any, port: int, smtp_port: int, parent: int | None, **options: Any) -> None:
        if not is_on_this_machine():
            raise CommandError("This shows every mail to whoever asks, so it runs only where SITE_URL is 127.0.0.1.")
        # Not an Event: a second signal in the middle of its set() would wait for the first for ever.
        signals: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: signals.append(received))
        try:
            with Catcher(port, smtp_port):
                self.stdout.write(f"Mails for smtp://{HOST}:{smtp_port} show at http://{HOST}:{port}/.")
                self.stdout.flush()
                while not signals and parent in (None, os.getppid()):
                    time.sleep(0.1)
        except (OSError, TimeoutError) as error:
            raise CommandError(
                f"Port {port} or {smtp_port} is taken: choose others with --port and --smtp-port."
            ) from error
