"""The server of `run_local`: granian as in production, made to end whole however it is told to.

Imported anew, before Django is set up, by the process that answers requests.
"""

import multiprocessing
import os
import signal
import threading
import time
from functools import partial
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels


def serve(host: str, port: int) -> None:
    """Serve the site until Ctrl-C, SIGTERM or the terminal's end."""
    # Python's default on Linux is fork, until 3.14: not safe beside a running thread.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "ptcomplete.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=2,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
    )

    def end(*_: Any) -> None:
        for number in signals:
            signal.signal(number, lambda *_: None)
        server.signal_handler_interrupt()

    # The server's own handlers hang when a second signal interrupts the first, and take a hang-up for a reload.
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    server.on_startup(lambda: [signal.signal(number, end) for number in signals])
    server.serve(target_loader=partial(load, os.getpid()))


def load(server: int, target: str) -> WSGIHandler:
    """The application, in the process that answers requests. It ends with the process `server`.

    It leaves the terminal's group: Ctrl-C must reach it once, through the server, and not twice.
    """
    os.setpgrp()
    threading.Thread(target=end_with, args=(server,), daemon=True).start()
    from ptcomplete.wsgi import application

    return application


def end_with(server: int) -> None:
    """End this process when its parent, `server`, has ended."""
    while os.getppid() == server:
        time.sleep(1)
    os._exit(1)
