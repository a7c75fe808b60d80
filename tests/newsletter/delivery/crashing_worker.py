"""A worker that is killed at a chosen point.

    python -m tests.newsletter.delivery.crashing_worker

Sets up Django once, then reads one JSON list per line: the crash point, when to crash, and settings. For each line it
forks a process that runs `newsletter_worker --once`, and prints its pid and its exit code.
"""

import json
import os
import random
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, NoReturn

import django

SENDER = Path(__file__).with_name("crashing_sender.py")
CRASH_POINTS = (
    "before claim",
    "after claim",
    "after journal",
    "after DATA",
    "after dot",
    "after reply",
    "before commit",
    "after commit",
)


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def wrap(owner: Any, name: str, before: Callable[..., None] | None, after: Callable[..., None] | None) -> None:
    """Call `before` and `after` around `owner.name`, with its arguments."""
    original = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            before(*args)
        result = original(*args, **kwargs)
        if after:
            after(*args)
        return result

    setattr(owner, name, wrapped)


def crash_at_point(point: str, times: int) -> None:
    """Crash when `point` has been reached `times` times."""
    from newsletter.delivery import sending
    from newsletter.delivery.journal import Journal
    from newsletter.delivery.transport import SmtpTransport

    lock, remaining = threading.Lock(), [times]

    def crash(*_: Any) -> None:
        with lock:
            remaining[0] -= 1
            if remaining[0] <= 0:
                kill_self()

    def crash_after_dot(*_: Any) -> None:
        # A short delay, so that the server has accepted some of the emails and others not.
        time.sleep(random.choice((0, 0.002, 0.01)))
        crash()

    wrappers: dict[str, tuple[Any, str, Any, Any]] = {
        "before claim": (sending, "claim_batch", crash, None),
        "after claim": (sending, "claim_batch", None, crash),
        "after DATA": (Journal, "record_start", crash, None),
        "after journal": (Journal, "record_start", None, crash),
        "after dot": (SmtpTransport, "_transmit", None, crash_after_dot),
        "after reply": (Journal, "record_outcome", crash, None),
        "before commit": (sending, "save_results", crash, None),
        "after commit": (sending, "save_results", None, crash),
    }
    wrap(*wrappers[point])


def report(value: object) -> None:
    """Print `value` for the parent process."""
    sys.stdout.write(f"{value}\n")
    sys.stdout.flush()


def start_crashing_sender(worker_crash: tuple[str, float], crash_at: str, after: float) -> None:
    """Start the worker's other process as `crashing_sender`, and neither send nor crash until it is ready."""
    from django.conf import settings

    from newsletter.delivery import sender_processes, sending

    ready = settings.DATA_DIR / "sender"
    ready.unlink(missing_ok=True)
    arguments = json.dumps([crash_at, after])
    sender_processes.COMMAND = (sys.executable, "-S", str(SENDER), str(settings.DATA_DIR / "senders"), arguments)

    is_armed: list[bool] = []

    def wait(*_: Any) -> None:
        while not ready.exists():
            time.sleep(0.001)
        if not is_armed:
            is_armed.append(True)
            crash(*worker_crash)

    wrap(sending, "send_over_connections", wait, None)


def serve_senders() -> None:
    """Fork a process that forks a sender for each connection to the socket `senders`, and ends with this process."""
    from django.conf import settings

    server = socket.socket(socket.AF_UNIX)
    server.bind(str(settings.DATA_DIR / "senders"))
    server.listen()
    is_over, held_by_this_process = os.pipe()
    if os.fork():
        server.close()
        os.close(is_over)
        return
    os.close(held_by_this_process)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # leaves no zombies
    while True:
        if is_over in select.select([server.fileno(), is_over], [], [])[0]:
            os._exit(0)
        connection = server.accept()[0]
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            message, descriptors, *_ = socket.recv_fds(connection, 1024, 2)
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
                os.close(descriptor)
            exit_with(partial(run_sender, settings.DATA_DIR / "sender", *json.loads(message)))
        connection.close()


def run_sender(ready: Path, crash_at: str, after: float) -> None:
    """Run the process that the worker wants. It writes its pid to `ready` when it begins to send."""
    from newsletter.management.commands import newsletter_sender

    lock = threading.Lock()

    def report_pid(*_: Any) -> None:
        with lock:
            if not ready.exists():
                temporary = ready.with_suffix(".new")
                temporary.write_text(str(os.getpid()))
                temporary.rename(ready)
                crash(crash_at, after)

    wrap(newsletter_sender, "send_over_connections", report_pid, None)
    newsletter_sender.Command().handle()


def exit_with(function: Callable[[], None]) -> NoReturn:
    """Call `function` and end this process, with 1 if it raised an exception."""
    try:
        function()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def crash(crash_at: str, after: float) -> None:
    """Crash at a point, right before a function, or after some seconds."""
    random.seed()
    if crash_at in CRASH_POINTS:
        crash_at_point(crash_at, int(after))
    elif ":" in crash_at:
        module, _, path = crash_at.partition(":")
        owner, _, name = path.rpartition(".")
        wrap(resolve_name(f"{module}:{owner}"), name, lambda *_: kill_self(), None)
    elif crash_at == "random":
        threading.Timer(after, kill_self).start()


def run(crash_at: str, after: float, settings: dict[str, Any]) -> None:
    """Run the worker."""
    from django.test.utils import override_settings

    from newsletter.delivery import claims, sending
    from newsletter.management.commands.newsletter_worker import Command

    for name, seconds in settings.pop("constants", {}).items():
        setattr(claims if name == "LEASE" else sending, name, timedelta(seconds=seconds))
    if sender_crash := settings.pop("sender_crash", None):
        start_crashing_sender((crash_at, after), *sender_crash)
    else:
        crash(crash_at, after)
    with override_settings(**settings):
        Command().handle(once=True)


def main() -> None:
    """Run one worker per line of input."""
    django.setup()
    from django.core.mail.utils import DNS_NAME
    from django.db import connection

    # Loaded before the first fork.
    from django.test import utils  # noqa: F401

    from newsletter.management.commands import newsletter_sender, newsletter_worker  # noqa: F401

    DNS_NAME.get_fqdn()  # one slow network request
    serve_senders()
    report("ready")
    for line in sys.stdin:
        connection.close()
        child = os.fork()
        if child == 0:
            exit_with(partial(run, *json.loads(line)))
        report(child)
        _, status = os.waitpid(child, 0)
        report(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
