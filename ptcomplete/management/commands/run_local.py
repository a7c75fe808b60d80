"""Bring the site up on this machine: data from nothing, the server as in production, the worker beside it."""

import http.client
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from accounts.models import User
from blog.models import Post
from ptcomplete import local_server
from siteinfo.models import SiteInfo

HOST = "127.0.0.1"
OWNER = "owner@example.com"
SECONDS_TO_START = 30


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
            self._serve(port)
        except KeyboardInterrupt:
            raise SystemExit(130) from None

    def _prepare(self, wxr: list[str]) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if wxr:
            call_command("import_wordpress", *wxr)
        elif not (Post.objects.exists() or SiteInfo.objects.exists()):
            call_command("seed_demo")
        self._sign_in()
        connections.close_all()

    def _serve(self, port: int) -> None:
        manage = [sys.executable, sys.argv[0]]
        with beside([*manage, "worker", "--parent", str(os.getpid())]):
            if settings.DEBUG:
                subprocess.run([*manage, "runserver", f"{HOST}:{port}"], check=False)
                return
            threading.Thread(target=self._say_ready, args=(port,), daemon=True).start()
            local_server.serve(HOST, port)

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

    def _say_ready(self, port: int) -> None:
        give_up_at = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < give_up_at:
            if is_healthy(port):
                url = settings.SITE_URL
                self.stdout.write(f"Ready: {url}/ and the writing desk at {url}/admin/. Ctrl-C ends it.")
                self.stdout.flush()
                return
            time.sleep(0.1)
        self.stderr.write(f"The site does not answer at {settings.SITE_URL}/healthz: see the messages above.")


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


def is_healthy(port: int) -> bool:
    """Whether the site answers on `port` that it can serve."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def beside(command: list[str]) -> Iterator[None]:
    """Run `command` as a child for as long as the block lasts."""
    child = subprocess.Popen(command)
    try:
        yield
    finally:
        child.terminate()
        child.wait()
