"""Run the site on this machine: prepare its data, then start the server, the worker and the mail catcher."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from accounts.models import User
from blog.models import Post
from newsletter.models import NewsletterSettings
from ptcomplete.server import HOST, probe
from siteinfo.models import SiteInfo

OWNER = "owner@example.com"
STOP_TIMEOUT = 30  # seconds


class Command(BaseCommand):
    """`run_local [--port PORT] [--wxr FILE...]`: what `make run` and `make dev` do once Python is installed."""

    help = "Prepare the data in DATA_DIR and serve the site on this machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --port and --wxr."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--wxr", nargs="+", default=[], metavar="FILE", help="import instead of demo content")

    def handle(self, *args: Any, port: int, wxr: list[str], **options: Any) -> None:
        """Prepare the data and serve until Ctrl-C."""
        require_free_port(port)
        try:
            self._prepare(wxr)
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        self._serve(port)

    def _prepare(self, wxr: list[str]) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if wxr:
            call_command("import_wordpress", *wxr)
        elif not (Post.objects.exists() or SiteInfo.objects.exists()):
            call_command("seed_demo")
            # No email can be sent without a postal address.
            NewsletterSettings.objects.create(postal_address="1 Example Street, Sampletown")
        call_command("create_starter_pages")
        self._ensure_owner()
        connections.close_all()

    def _ensure_owner(self) -> None:
        """Create the owner if there is none, and print how to sign in."""
        owner = User.objects.filter(is_superuser=True).order_by("pk").first()
        if owner:
            data_dir = "" if settings.DATA_DIR == settings.BASE_DIR / "data" else f" DATA_DIR='{settings.DATA_DIR}'"
            self.stdout.write(f"Sign in as {owner}. To set a new password: make owner EMAIL={owner}{data_dir}")
            return
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser(OWNER, password)
        self.stdout.write(f"Sign in as {OWNER} with the password {password} (shown only once).")
        self.stdout.flush()

    def _serve(self, port: int) -> None:
        """Run the server and the worker until a signal arrives, or make, the server or the worker exits."""
        signals: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, _: signals.append(received))
        parent = os.getppid()
        catcher, catcher_url = start_catcher(port) or (None, "")
        children = [start_server(port), start_worker()]
        is_ready = False
        while not signals and os.getppid() == parent and all(child.poll() is None for child in children):
            if not is_ready and probe(port) == 200:
                is_ready = True
                url = settings.SITE_URL
                self.stdout.write(f"Ready: {url}/ and {url}/admin/. Press Ctrl-C to stop.")
                if catcher_url:
                    self.stdout.write(f"Emails are caught and shown at {catcher_url}/.")
                self.stdout.flush()
            time.sleep(0.1)
        stop([*children, catcher] if catcher else children)
        if not signals:
            raise CommandError("The server or the worker exited. See the messages above.")


def require_free_port(port: int) -> None:
    """Raise CommandError if `port` is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is in use. Stop what uses it, or choose another port: make run PORT={port + 1}"
            ) from error


def start_catcher(port: int) -> tuple[subprocess.Popen[bytes], str] | None:
    """Start the mail catcher unless a mail server is configured. Return its process and the URL that shows the emails.

    Sets EMAIL_URL for the server and the worker. The catcher exits with this process, even if it is killed. If the
    catcher fails, emails wait in the queue.
    """
    if settings.MAILERS.get("default", {}).get("BACKEND") not in (
        None,
        "django.core.mail.backends.console.EmailBackend",
    ):
        return None
    page_port, smtp_port = free_port(port + 25), free_port(port + 1025)
    ports = ("--port", str(page_port), "--smtp-port", str(smtp_port))
    command = [sys.executable, sys.argv[0], "mailcatcher", *ports, "--parent", str(os.getpid())]
    process = subprocess.Popen(command, process_group=0, stdout=subprocess.DEVNULL)
    os.environ["EMAIL_URL"] = f"smtp://{HOST}:{smtp_port}"
    os.environ["EMAIL_FROM"] = os.environ.get("EMAIL_FROM") or "newsletter@example.com"
    deadline = time.monotonic() + 5
    # Wait before the worker starts, since an email that cannot be sent is retried only after minutes.
    while time.monotonic() < deadline and not is_open(smtp_port):
        time.sleep(0.05)
    return process, f"http://{HOST}:{page_port}"


def free_port(wanted: int) -> int:
    """Return `wanted`, or another free port if it is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except (OSError, OverflowError):
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    """Return whether something listens on `port`."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def start_server(port: int) -> subprocess.Popen[bytes]:
    """Start the production server, or with DEBUG Django's own, which reloads changed code."""
    if settings.DEBUG:
        # Same process group as the terminal, so that breakpoint() can read from it.
        return subprocess.Popen([sys.executable, sys.argv[0], "runserver", f"{HOST}:{port}"])
    command = [sys.executable, "-m", "ptcomplete.server", "--port", str(port), "--parent", str(os.getpid())]
    return subprocess.Popen(command, process_group=0, cwd=settings.BASE_DIR)


def start_worker() -> subprocess.Popen[bytes]:
    """Start the worker, which exits with this process, even if it is killed."""
    command = [sys.executable, sys.argv[0], "worker", "--parent", str(os.getpid())]
    return subprocess.Popen(command, process_group=0)


def stop(children: list[subprocess.Popen[bytes]]) -> None:
    """Stop the processes after their current work, and kill those that take longer than STOP_TIMEOUT."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT
    for child in children:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
