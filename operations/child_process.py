"""A process that does long work alongside the worker, so that it does not delay the worker's other jobs."""

import logging
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence

from django.conf import settings

log = logging.getLogger(__name__)


class ChildProcess(ABC):
    """Start a command when there is work for it, one process at a time."""

    name: str

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Return the command."""

    @abstractmethod
    def is_due(self) -> bool:
        """Return whether there is work."""

    def start_if_due(self) -> int:
        """Start the process if there is work. Return 0: the worker has nothing left to do."""
        if self._process and self._process.poll() is None:
            return 0
        if self._process and self._process.returncode:
            # The process has logged why, unless it was killed.
            log.error("The %s process exited with code %s", self.name, self._process.returncode)
        self._process = None
        if self.is_due():
            # The current folder is where Python finds the project.
            self._process = subprocess.Popen(self.command(), cwd=settings.BASE_DIR)
        return 0

    def wait(self) -> bool:
        """Wait for the started process to end. Return whether it succeeded."""
        process, self._process = self._process, None
        return process is None or process.wait() == 0

    def stop(self) -> None:
        """Interrupt the started process, which then removes what is incomplete or goes on later."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
