"""A worker that is killed when told.

    python -m tests.newsletter.delivery.crashing_worker

Sets Django up once, then reads one JSON list a line: how to die, and the settings of the run. For each it forks a
process that runs `newsletter_worker --once` and is killed with SIGKILL on its way, and prints how that ended.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pkgutil import resolve_name
from typing import Any

import django

POINTS = (
    "before claim",
    "after claim",
    "after journal",
    "after DATA",
    "after dot",
    "after reply",
    "before commit",
    "after commit",
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def around(owner: Any, name: str, before: Callable[..., None] | None, after: Callable[..., None] | None) -> None:
    """Have `owner.name` call `before` and `after` itself, with its own arguments."""
    original = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            before(*args)
        result = original(*args, **kwargs)
        if after:
            after(*args)
        return result

    setattr(owner, name, wrapped)


def set_trap(point: str, after: int) -> None:
    """Die at `point` when it is reached for the time `after`."""
    from newsletter.delivery import sending
    from newsletter.delivery.journal import Journal
    from newsletter.delivery.transport import SmtpTransport

    lock, left = threading.Lock(), [after]

    def trap(*_: Any) -> None:
        with lock:
            left[0] -= 1
            if left[0] <= 0:
                die()

    def trap_at_dot(*_: Any) -> None:
        # A moment, so that the server has taken some of them and not others.
        time.sleep(random.choice((0, 0.002, 0.01)))
        trap()

    traps: dict[str, tuple[Any, str, Any, Any]] = {
        "before claim": (sending, "claim", trap, None),
        "after claim": (sending, "claim", None, trap),
        "after DATA": (Journal, "record_start", trap, None),
        "after journal": (Journal, "record_start", None, trap),
        "after dot": (SmtpTransport, "_transmit", None, trap_at_dot),
        "after reply": (Journal, "record_outcome", trap, None),
        "before commit": (sending, "keep", trap, None),
        "after commit": (sending, "keep", None, trap),
    }
    around(*traps[point])


def say(word: object) -> None:
    """Tell whoever started this."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def run(how: str, after: float, changes: dict[str, Any]) -> None:
    """Be the worker."""
    from django.test.utils import override_settings

    from newsletter.delivery import sending
    from newsletter.management.commands.newsletter_worker import Command

    random.seed()
    for name, seconds in changes.pop("sending", {}).items():
        setattr(sending, name, timedelta(seconds=seconds))
    if how in POINTS:
        set_trap(how, int(after))
    elif ":" in how:
        module, _, path = how.partition(":")
        owner, _, name = path.rpartition(".")
        around(resolve_name(f"{module}:{owner}"), name, lambda *_: die(), None)
    elif how == "random":
        threading.Timer(after, die).start()
    with override_settings(**changes):
        Command().handle(once=True)


def main() -> None:
    """Do what stands on each line of the input."""
    django.setup()
    from django.core.mail.utils import DNS_NAME
    from django.db import connection

    # Loaded before the first fork.
    from django.test import utils  # noqa: F401

    from newsletter.management.commands import newsletter_worker  # noqa: F401

    DNS_NAME.get_fqdn()  # asks the network, once
    say("ready")
    for line in sys.stdin:
        connection.close()
        child = os.fork()
        if child == 0:
            try:
                run(*json.loads(line))
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        say(child)
        _, status = os.waitpid(child, 0)
        say(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
