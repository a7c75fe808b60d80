"""Run the production web server, and restart it if it stops responding: `python -m ptcomplete.server --port 8000`.

Every way to serve the site starts Granian through this module, so its options are in one place. The supervisor needs
no Django and little memory. Under systemd it reports readiness and sends watchdog messages.
"""

import argparse
import http.client
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress

log = logging.getLogger("ptcomplete.server")

HOST = "127.0.0.1"
# Each thread may keep a database connection, so two processes fit into PostgreSQL's default of 100.
THREADS = 32
OPTIONS = (
    *("--interface", "wsgi"),
    # One plain-text HTTP/2 connection with unfinished requests would occupy the threads forever.
    *("--http", "1"),
    *("--blocking-threads", str(THREADS)),
    # Idle connections count as requests here. They cost a few kilobytes each, and end after the header timeout.
    *("--backlog", "4096", "--backpressure", "4096", "--http1-header-read-timeout", "10000"),
    # A killed worker is replaced, and one that waits for slow clients does not delay the end for long. After SIGHUP,
    # old workers end when their replacements have had the interval to load the application.
    *("--respawn-failed-workers", "--respawn-interval", "5", "--workers-kill-timeout", "10"),
    *("--log-level", "error"),
)
# What glibc does with freed memory. By default it keeps some in each of up to eight arenas per core, although Python
# runs one thread at a time. Once it has seen a large buffer freed, as after compression, it also keeps those.
_ALLOCATOR = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(512 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(2 * 1024 * 1024),
}
STOP_TIMEOUT = 13  # seconds, longer than the kill timeout of the workers
PROBE_INTERVAL = 5.0
PROBE_TIMEOUT = 5.0
# With several workers, only some of the requests reach the one that is stuck.
PROBES, FAILURES = 10, 3
# The time for loading the application. Later, a server that does not answer counts as stuck.
START_TIMEOUT = 60.0


def server_command(
    port: int, *, host: str = HOST, workers: int = 1, application: str = "ptcomplete.wsgi:application"
) -> list[str]:
    """Return the command that serves `application` at `host`, by default for this machine only."""
    address = ("--host", host, "--port", str(port), "--workers", str(workers))
    return [sys.executable, "-m", "granian", *OPTIONS, *address, application]


def server_environment() -> dict[str, str]:
    """Return the environment of the server: this process's, with settings of the allocator unless it has them."""
    return _ALLOCATOR | os.environ


def probe(port: int) -> int | None:
    """Return the status of /livez, or None if it does not respond in time."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PROBE_TIMEOUT)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def notify_systemd(message: str) -> None:
    """Send a message such as READY=1 to systemd, if it started this process with Type=notify."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(message.encode(), f"\0{address[1:]}" if address.startswith("@") else address)


def raise_file_limit() -> None:
    """Allow as many open files as this user may have, since every connection is one and the usual limit is 1,024."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Supervisor:
    """Starts the server, restarts it when it exits or stops responding, and passes signals on."""

    def __init__(self, command: list[str], port: int, parent: int | None) -> None:
        self.command = command
        self.port = port
        self.parent = parent
        self.is_stopping = False
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.started_at = time.monotonic()
        self.was_ready = False
        self.probes: deque[bool] = deque(maxlen=PROBES)
        # A separate process group, so that Ctrl-C reaches the server once, through us. Twice at once can hang it.
        return subprocess.Popen(self.command, env=server_environment(), process_group=0)

    def run(self) -> int:
        """Supervise the server until a signal arrives or the parent exits. Return the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "is_stopping", True))
        signal.signal(signal.SIGHUP, lambda *_: self.process.send_signal(signal.SIGHUP))
        probe_at = 0.0
        while not self.is_stopping and self.parent in (None, os.getppid()):
            status = self.process.poll()
            if status is not None:
                if not self.was_ready:
                    return status or 1  # It cannot start. The log says why.
                log.error("The server exited with status %s. Starting it again.", status)
                self._kill_group()
                self.process = self._start()
            if time.monotonic() >= probe_at:
                self._check()
                probe_at = time.monotonic() + (PROBE_INTERVAL if self.was_ready else 0.2)
            time.sleep(0.1)
        notify_systemd("STOPPING=1")
        self.stop()
        return 0

    def _check(self) -> None:
        """Probe the server, and restart it if too many probes got no response."""
        # An error status is an answer: a restart does not bring back a database.
        is_answering = probe(self.port) is not None
        notify_systemd("READY=1\nWATCHDOG=1" if is_answering else "WATCHDOG=1")
        if is_answering:
            self.was_ready = True
        if self.was_ready or time.monotonic() - self.started_at > START_TIMEOUT:
            self.probes.append(is_answering)
        if self.probes.count(False) >= FAILURES:
            log.error("The server failed to respond %s times. Restarting it.", FAILURES)
            self.stop()
            self.process = self._start()

    def stop(self) -> None:
        """Stop the server after its current requests, and kill what is left after STOP_TIMEOUT."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_TIMEOUT)
        self._kill_group()
        self.process.wait()

    def _kill_group(self) -> None:
        """Kill the remaining processes of the server, which would hold its port."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def main() -> int:
    """Parse the options and serve the site."""
    parser = argparse.ArgumentParser(prog="python -m ptcomplete.server", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default=HOST, help="0.0.0.0 for a reverse proxy on another machine")
    parser.add_argument("--workers", type=int, default=1, help="number of processes")
    parser.add_argument("--parent", type=int, metavar="PID", help="exit when this process, the parent, exits")
    options = parser.parse_args()
    logging.basicConfig(format="{asctime} {levelname} {name}: {message}", style="{")
    raise_file_limit()
    command = server_command(options.port, host=options.host, workers=options.workers)
    return Supervisor(command, options.port, options.parent).run()


if __name__ == "__main__":
    sys.exit(main())
