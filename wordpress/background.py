"""Do what the admin asked for, in a process that the worker starts."""

import sys
from collections.abc import Sequence

from operations.child_process import ChildProcess
from wordpress import runs


class ImportProcess(ChildProcess):
    """A process that previews, imports or undoes."""

    name = "import"

    def command(self) -> Sequence[str]:
        """Return the command."""
        return (sys.executable, "-m", "django", "continue_import")

    def is_due(self) -> bool:
        """Return whether a run waits."""
        return runs.is_any_waiting()
