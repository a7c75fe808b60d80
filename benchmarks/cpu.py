"""CPU time and memory of other processes with their children, from /proc. Linux only."""

import os
import time
from collections.abc import Collection
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def process_tree(pids: Collection[int]) -> set[int]:
    """Return these processes and all their descendants."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        if fields := _stat_fields(int(path.parent.name)):
            parents[int(path.parent.name)] = int(fields[1])
    tree = set(pids) & set(parents)
    while found := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= found
    return tree


def cpu_seconds(pids: Collection[int]) -> float:
    """Return the CPU time that these processes and their descendants have used, including those that have ended."""
    # utime, stime, and the same of children that have ended.
    ticks = (sum(map(int, _stat_fields(pid)[11:15])) for pid in process_tree(pids))
    return sum(ticks) / _TICKS_PER_SECOND


def wait_until_idle(pids: Collection[int], timeout: float = 15.0) -> float:
    """Wait until the processes have used no CPU time for a third of a second, then return their `cpu_seconds`."""
    deadline = time.monotonic() + timeout
    used, idle_polls = cpu_seconds(pids), 0
    while idle_polls < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
        before, used = used, cpu_seconds(pids)
        idle_polls = idle_polls + 1 if used - before <= 0.01 else 0
    return used


def reset_peak_memory(pids: Collection[int]) -> None:
    """Start a new measurement of `peak_megabytes`, if this user may."""
    for pid in process_tree(pids):
        try:
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        except OSError:
            continue


def peak_megabytes(pids: Collection[int]) -> float:
    """Return the peak resident memory of the largest of these processes and their descendants."""
    peaks = [0]
    for pid in process_tree(pids):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        peaks += [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")]
    return max(peaks) / 1024


def calibrate() -> float:
    """Return the CPU seconds of a fixed amount of Python work, which shows how fast the machine is now."""
    start = time.process_time()
    total = 0
    for number in range(3_000_000):
        total += number % 7
    assert total == 8_999_994
    return time.process_time() - start


def _stat_fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may contain spaces; none if the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
