"""Network connections to public IP addresses only, with a deadline for everything that happens on them."""

import functools
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import httpcore2
import httpx2

# IPv6 addresses outside this range can stand for an IPv4 address, such as ::127.0.0.1, ::ffff:127.0.0.1 and NAT64's
# 64:ff9b::7f00:1. Within it, 6to4 addresses do.
GLOBAL_UNICAST = ip_network("2000::/3")
SIX_TO_FOUR = ip_network("2002::/16")


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to a public host."""
    ip = ip_address(address)
    if not ip.is_global or ip.is_multicast:
        return False
    return not isinstance(ip, IPv6Address) or (ip in GLOBAL_UNICAST and ip not in SIX_TO_FOUR)


def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of `host`. Raise httpcore2.ConnectError if there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError("The host name has no IP address.") from error
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True)
class Deadline:
    """The time by which an exchange must be complete, on the monotonic clock."""

    ends_at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds left. Raise httpcore2.TimeoutException when there are none."""
        remaining = self.ends_at - time.monotonic()
        if remaining <= 0:
            raise httpcore2.TimeoutException("The deadline has passed.")
        return remaining


@dataclass(frozen=True)
class DeadlineStream(httpcore2.NetworkStream):
    """A network stream that replaces the timeout of each operation with the time left until a deadline."""

    stream: httpcore2.NetworkStream
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read up to `max_bytes`."""
        return self.stream.read(max_bytes, self.deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write `buffer`."""
        self.stream.write(buffer, self.deadline.remaining())

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Return the stream encrypted. The certificate must be valid for `server_hostname`."""
        stream = self.stream.start_tls(ssl_context, server_hostname, self.deadline.remaining())
        return DeadlineStream(stream, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return details of the connection, such as its socket."""
        return self.stream.get_extra_info(info)


@dataclass(frozen=True)
class PublicNetworkBackend(httpcore2.NetworkBackend):
    """Resolve host names and connect to the checked IP address itself.

    A second DNS lookup could return a private address (DNS rebinding), so there is none. Waiting for DNS is limited by
    the system's resolver, not by the deadline.
    """

    deadline: Deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first public IP address of `host` that answers."""
        backend = httpcore2.SyncBackend()
        error_to_raise = httpcore2.ConnectError("The host has no public IP address.")
        for ip in resolve(host, port):
            if not is_public(ip):
                continue
            try:
                stream = backend.connect_tcp(ip, port, self.deadline.remaining(), local_address, socket_options)
            except httpcore2.ConnectError as error:
                error_to_raise = error
            else:
                return DeadlineStream(stream, self.deadline)
        raise error_to_raise


class Transport(httpx2.HTTPTransport):
    """Send requests through a pool that connects to public hosts only."""

    def __init__(self, deadline: Deadline) -> None:
        """Take the time by which requests must be complete."""
        # The pool of HTTPTransport.__init__ would connect to any host, so it is never created.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_ssl_context(), network_backend=PublicNetworkBackend(deadline)
        )


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    return ssl.create_default_context()
