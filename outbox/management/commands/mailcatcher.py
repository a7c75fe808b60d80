"""Catch the emails of a local site and show them in the browser."""

import os
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from outbox.mailcatcher import HOST, Mailcatcher
from siteinfo.urls import is_local_site


class Command(BaseCommand):
    """Run the mailcatcher until SIGTERM or Ctrl-C. Emails are kept in memory only."""

    help = "Catch emails instead of delivering them, and show them in the browser. Runs only for a local site."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the two ports and the parent process."""
        parser.add_argument("--port", type=int, default=8025, help="port of the web page")
        parser.add_argument(
            "--smtp-port", type=int, default=1025, help="port of the mail server: EMAIL_URL=smtp://127.0.0.1:1025"
        )
        parser.add_argument("--parent", type=int, metavar="PID", help="stop when this parent process ends")

    def handle(self, *args: Any, port: int, smtp_port: int, parent: int | None, **options: Any) -> None:
        """Serve until a signal arrives; raise CommandError on a public site or if a port is taken."""
        if not is_local_site():
            raise CommandError("Mailcatcher shows every email to anyone, so it runs only where SITE_URL is 127.0.0.1.")
        # A list instead of an Event: a second signal during Event.set() would deadlock.
        signals: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: signals.append(received))
        try:
            with Mailcatcher(port, smtp_port):
                self.stdout.write(f"Emails sent to smtp://{HOST}:{smtp_port} appear at http://{HOST}:{port}/")
                self.stdout.flush()
                while not signals and parent in (None, os.getppid()):
                    time.sleep(0.1)
        except (OSError, TimeoutError) as error:
            raise CommandError(
                f"Port {port} or {smtp_port} is taken. Choose others with --port and --smtp-port."
            ) from error
