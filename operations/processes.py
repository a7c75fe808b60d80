"""Whether the process that works on a row of the database is still there."""

import os
import socket


def may_be_running(host: str, pid: int) -> bool:
    """Return False if the process has ended. One on another machine may be running as long as it reports."""
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
