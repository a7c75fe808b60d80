"""Machines: network namespaces joined by a bridge, or this machine itself."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_NETWORK = "10.77.0"
_BRIDGE = "ptcbr0"
_PREFIX = "ptc-"


@dataclass(frozen=True)
class Machine:
    """Where processes run. Without a namespace, they run on this machine."""

    name: str
    address: str = "127.0.0.1"
    namespace: str = ""

    def command(self, command: list[str], user: str = "") -> list[str]:
        """Return `command` as it is started on this machine."""
        if user:
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
        return ["ip", "netns", "exec", self.namespace, *command] if self.namespace else command


@contextmanager
def run_network(names: list[str]) -> Iterator[dict[str, Machine]]:
    """Create a machine for each name, all in one network to which this machine belongs as well. Needs root."""
    _delete(names)
    try:
        _ip("link", "add", _BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{_NETWORK}.254/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        yield {name: _add(name, number) for number, name in enumerate(names, start=1)}
    finally:
        _delete(names)


def has_namespaces() -> bool:
    """Return whether this process may create network namespaces."""
    try:
        with run_network(["probe"]):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def _add(name: str, number: int) -> Machine:
    namespace, link = f"{_PREFIX}{name}", f"ptcv{number}"
    address = f"{_NETWORK}.{number}"
    _ip("netns", "add", namespace)
    _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    _ip("link", "set", link, "master", _BRIDGE, "up")
    _ip("-n", namespace, "link", "set", "lo", "up")
    _ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "eth0")
    _ip("-n", namespace, "link", "set", "eth0", "up")
    return Machine(name, address, namespace)


def _delete(names: list[str]) -> None:
    """Delete the namespaces, and with them their links, and the bridge, as far as they exist."""
    for name in names:
        _ip("netns", "delete", f"{_PREFIX}{name}", check=False)
    _ip("link", "delete", _BRIDGE, check=False)


def _ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, capture_output=True)
