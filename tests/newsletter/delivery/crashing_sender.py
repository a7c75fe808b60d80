"""The other process of a worker, killed at a chosen point.

    python -m tests.newsletter.delivery.crashing_sender FILE CRASH_AT AFTER

Writes its pid to FILE when it begins to send. See `crashing_worker`.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import django

from tests.newsletter.delivery.crashing_worker import crash, wrap


def main(ready: Path, crash_at: str, after: float) -> None:
    """Run the process that the worker wants."""
    django.setup()
    from newsletter.management.commands import newsletter_sender

    lock = threading.Lock()

    def report(*_: Any) -> None:
        with lock:
            if not ready.exists():
                temporary = ready.with_suffix(".new")
                temporary.write_text(str(os.getpid()))
                temporary.rename(ready)
                crash(crash_at, after)

    wrap(newsletter_sender, "send_over_connections", report, None)
    newsletter_sender.Command().handle()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
