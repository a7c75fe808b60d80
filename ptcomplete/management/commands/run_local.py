"""Bring the site up on this machine: data from nothing, the server as in production, the worker and a mail catcher."""

import http.client
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
from siteinfo.models import SiteInfo

HOST = "127.0.0.1"
OWNER = "owner@example.com"
SECONDS_TO_END = 30


class Command(BaseCommand):
    """`run_local [--port PORT] [--wxr FILE...]`: everything `make run` and `make dev` do once Python is there."""

    help = "Prepare the data in DATA_DIR and serve it on this machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--wxr", nargs="+", default=[], metavar="FILE", help="import instead of demo content")

    def handle(self, *args: Any, port: int, wxr: list[str], **options: Any) -> None:
        refuse_a_busy_port(port)
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
            # What nothing is sent without.
            NewsletterSettings.objects.create(postal_address="1 Example Street, Sampletown")
        call_command("create_starter_pages")
        self._sign_in()
        connections.close_all()

    def _sign_in(self) -> None:
        """Make the owner if there is none, and say how to sign in."""
        owner = User.objects.filter(is_superuser=True).order_by("pk").first()
        if owner:
            elsewhere = "" if settings.DATA_DIR == settings.BASE_DIR / "data" else f" DATA_DIR='{settings.DATA_DIR}'"
            self.stdout.write(f"Sign in as {owner}. For a new password: make owner EMAIL={owner}{elsewhere}")
            return
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser(OWNER, password)
        self.stdout.write(f"Sign in as {OWNER} with the password {password} (it is shown only this once).")
        self.stdout.flush()

    def _serve(self, port: int) -> None:
        """Run the server and the worker until a signal comes, our parent (make) ends or one of them does."""
        signals: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, _: signals.append(received))
        parent = os.getppid()
        catcher, caught_at = start_catcher(port) or (None, "")
        children = [start_server(port), start_worker()]
        is_ready = False
        while not signals and os.getppid() == parent and all(child.poll() is None for child in children):
            if not is_ready and is_healthy(port):
                is_ready = True
                url = settings.SITE_URL
                self.stdout.write(f"Ready: {url}/ and the writing desk at {url}/admin/. Ctrl-C ends it.")
                if caught_at:
                    self.stdout.write(f"Mails go nowhere but to {caught_at}/.")
                self.stdout.flush()
            time.sleep(0.1)
        end([*children, catcher] if catcher else children)
        if not signals:
            raise CommandError("The server or its worker ended by itself: see the messages above.")


def refuse_a_busy_port(port: int) -> None:
    """Raise CommandError if something listens on `port` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken: stop what runs there, or choose another one, as in make run PORT={port + 1}."
            ) from error


def start_catcher(port: int) -> tuple[subprocess.Popen[bytes], str] | None:
    """Have mails caught where no mail server is set, and tell server and worker so; the process, and where they show.

    It ends with us even if we are killed. Should it fail, mails wait, and the site goes on.
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
    give_up_at = time.monotonic() + 5
    # The worker starts when it is there: a mail that finds nobody waits for minutes.
    while time.monotonic() < give_up_at and not is_open(smtp_port):
        time.sleep(0.05)
    return process, f"http://{HOST}:{page_port}"


def free_port(wanted: int) -> int:
    """`wanted`, or another port if something listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except (OSError, OverflowError):
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether something listens on `port`."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def start_server(port: int) -> subprocess.Popen[bytes]:
    """Start the server as in production; with DEBUG, Django's own, which reloads changed code."""
    if settings.DEBUG:
        # It stays in the terminal's group, so that breakpoint() can read from there.
        return subprocess.Popen([sys.executable, sys.argv[0], "runserver", f"{HOST}:{port}"])
    options = ("--interface", "wsgi", "--blocking-threads", "2", "--workers-kill-timeout", "10")
    where = ("--host", HOST, "--port", str(port), "--log-level", "warning")
    # A group of its own: Ctrl-C reaches it once, through us. Twice at a time can hang it.
    command = [sys.executable, "-m", "granian", *options, *where, "ptcomplete.wsgi:application"]
    return subprocess.Popen(command, process_group=0)


def start_worker() -> subprocess.Popen[bytes]:
    """Start the worker; it ends with us even if we are killed."""
    command = [sys.executable, sys.argv[0], "worker", "--parent", str(os.getpid())]
    return subprocess.Popen(command, process_group=0)


def is_healthy(port: int) -> bool:
    """Whether the site answers on `port` that it can serve."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def end(children: list[subprocess.Popen[bytes]]) -> None:
    """End the processes, each after the piece of work at hand; kill those that take too long."""
    for child in children:
        child.terminate()
    give_up_at = time.monotonic() + SECONDS_TO_END
    for child in children:
        try:
            child.wait(timeout=max(0.1, give_up_at - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
