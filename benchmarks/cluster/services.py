"""Services that are started again when they end, as systemd does."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cluster.machines import Machine

_POLL = 0.05


@dataclass
class Service:
    """A program on a machine. `restart_after` is systemd's RestartSec."""

    name: str
    machine: Machine
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    user: str = ""
    restart_after: float = 2.0

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name=self.name, daemon=True)

    def start(self) -> None:
        """Start the program, and start it again whenever it ends."""
        self._process = self._run()
        self._thread.start()

    def stop(self) -> None:
        """Kill the program for good."""
        self._ended.set()
        self.kill_all()
        if self._thread.is_alive():
            self._thread.join()
        self.kill_all()

    def kill_all(self) -> None:
        """Send SIGKILL to the program and everything it has started, as if the machine had lost its power."""
        if self._process is not None:
            _kill([self._process.pid, *descendants(self._process.pid)])

    def kill_program(self) -> None:
        """Send SIGKILL to the program only."""
        if self._process is not None:
            _kill([self._process.pid])

    def kill_descendant(self, depth: int) -> None:
        """Send SIGKILL to one process that was started by the program (depth 1) or by one of those (depth 2)."""
        if self._process is not None:
            generation = [self._process.pid]
            for _ in range(depth):
                generation = [child for pid in generation for child in _children(pid)]
            _kill(generation[-1:])

    def _run(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.machine.command(self.command, self.user),
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _keep_running(self) -> None:
        while not self._ended.is_set():
            if self._process is not None and self._process.poll() is not None:
                self._ended.wait(self.restart_after)
                if not self._ended.is_set():
                    self._process = self._run()
            time.sleep(_POLL)


@dataclass(frozen=True)
class Victim:
    """Something that is killed once in a round."""

    name: str
    kill: Callable[[], None]
    sends_emails: bool = False


def descendants(pid: int) -> list[int]:
    """Return the processes that `pid` has started, and those that they have started."""
    found = _children(pid)
    for child in list(found):
        found += descendants(child)
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (task / "children").read_text().split())
    return children


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_for_port(address: str, port: int, seconds: float = 60) -> None:
    """Wait until something listens. Raise TimeoutError if nothing does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"Nothing listens on {address}:{port} after {seconds} seconds. See the logs.")
