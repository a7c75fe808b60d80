"""The other process of a worker, killed at a chosen point.

    python -S crashing_sender.py SOCKET ARGUMENTS

Starting Django takes seconds, so the process that listens on SOCKET forks a sender, which reads and writes the standard
input and output of this process. This process only waits for its end. See `crashing_worker.serve_senders`.
"""

import socket
import sys


def main(path: str, arguments: str) -> None:
    """Have a sender forked and wait until it has ended."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        socket.send_fds(client, [arguments.encode()], [sys.stdin.fileno(), sys.stdout.fileno()])
        # The sender holds the other end of the connection until its end.
        client.recv(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
