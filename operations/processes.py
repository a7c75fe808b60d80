"""Whether the process that works on a row of the database is still there."""

import os
import socket


def may_be_running(host: str, pid: int) -> bool:
    """Return False if the process has ended. That of another machine may be running: only its silence tells."""
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
