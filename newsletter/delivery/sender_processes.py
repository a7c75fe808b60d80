"""Use several processes for sending, because one process cannot use more than one core.

The worker starts the others (`newsletter_sender`), has them take part in its sending rounds and adds up their attempts.
Only the worker prepares, recovers and finishes campaigns. Claims and rate limits are in the database, and each
connection has its own journal, so killing a process is like killing one of several workers. The end of the worker
closes their input, which ends them too.
"""

import atexit
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from django.conf import settings

COMMAND: Sequence[str] = (sys.executable, "manage.py", "newsletter_sender")
POLL_SECONDS = 0.1

type Process = subprocess.Popen[bytes]


class SenderProcessError(Exception):
    """Another process ended in the middle of a round. The next round recovers what it was sending."""


class SendingRound:
    """The part of the other processes in a sending round."""

    def __init__(self, processes: Sequence[Process], stopped: Callable[[], bool]) -> None:
        self.attempts = 0
        self._processes = list(processes)
        self._stopped = stopped
        self._is_stopped = False

    def is_over(self) -> bool:
        """Return True if no more emails may be sent in this round, and stop the other processes then."""
        if not self._is_stopped and self._stopped():
            self.stop()
        return self._is_stopped

    def stop(self) -> None:
        """Make the other processes stop after their current emails."""
        self._is_stopped = True
        for process in self._processes:
            _send_command(process, "stop")

    def wait(self) -> None:
        """Wait for the other processes and add up their attempts. Raise SenderProcessError if one has ended."""
        ended = 0
        waiting = {process.stdout for process in self._processes if process.stdout}
        while waiting:
            self.is_over()
            for stdout in select.select(waiting, [], [], POLL_SECONDS)[0]:
                waiting.remove(stdout)
                line = stdout.readline()
                self.attempts += int(line or 0)
                ended += not line
        if ended:
            raise SenderProcessError(f"{ended} of the processes sending campaigns ended unexpectedly.")


class SenderProcesses:
    """The other processes of a worker. They are started when needed, and idle between rounds."""

    def __init__(self) -> None:
        self._processes: list[Process] = []
        atexit.register(self.close)

    @contextmanager
    def sending(self, connections: Sequence[int], stopped: Callable[[], bool]) -> Iterator[SendingRound]:
        """Send in other processes during the `with` block, each over its number of `connections`.

        Wait for them at the end of the block. Raise SenderProcessError if one has ended by then.
        """
        self._adjust(len(connections))
        sending_round = SendingRound(self._processes, stopped)
        try:
            for process, number in zip(self._processes, connections, strict=True):
                _send_command(process, f"send {number}")
            yield sending_round
        except BaseException:
            sending_round.stop()
            with suppress(SenderProcessError):
                sending_round.wait()
            raise
        sending_round.wait()

    def close(self) -> None:
        """End the processes."""
        self._adjust(0)

    def _adjust(self, number: int) -> None:
        """Start or end processes so that `number` of them are running."""
        running = [process for process in self._processes if process.poll() is None]
        surplus = [process for process in self._processes if process not in running[:number]]
        self._processes = running[:number]
        for process in surplus:
            process.communicate()  # closes its input
        while len(self._processes) < number:
            process = subprocess.Popen(
                COMMAND, bufsize=0, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._processes.append(process)


def _send_command(process: Process, command: str) -> None:
    """Write a line to the input of `process`. If it has ended, `wait` reports it."""
    assert process.stdin
    with suppress(BrokenPipeError):
        process.stdin.write(f"{command}\n".encode())
