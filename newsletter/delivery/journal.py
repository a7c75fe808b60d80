"""What one connection was doing when its process was killed: one line before each dot, one after each answer.

A line is written with one call and stays in the kernel's hands, so a process may die at any moment; a machine may not,
unless NEWSLETTER_FSYNC has every line written to the disk. A journal of a machine that was started anew without that
tells of what it knows was answered, and of nothing else (`is_whole`).
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from django.conf import settings

from newsletter.delivery.transport import Outcome
from newsletter.models import Delivery

_SUFFIX = ".journal"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Journal:
    """The file of one connection, named by the owner of its claims. It is locked while its process lives."""

    def __init__(self) -> None:
        folder = settings.NEWSLETTER_STATE_DIR
        folder.mkdir(parents=True, exist_ok=True)
        self.owner = token_hex(16)
        self._path = folder / f"{self.owner}{_SUFFIX}"
        # Locked before it has its name, so that nobody takes it for abandoned.
        unnamed = self._path.with_suffix(".new")
        self._file = os.open(unnamed, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        unnamed.rename(self._path)
        self._start = f"B {_boot()}\n".encode()
        self._is_needed = False
        self._is_synced = settings.NEWSLETTER_FSYNC
        self._write(self._start)

    def claiming(self) -> None:
        """Stay for `abandoned` from now on: a claim follows."""
        self._is_needed = True

    def starting(self, delivery: int, attempt: int) -> None:
        """Note that the dot comes next."""
        self._write(f"S {delivery} {attempt}\n".encode())

    def answered(self, delivery: int, attempt: int, outcome: Outcome) -> None:
        """Note what the server answered."""
        line = f"D {delivery} {attempt} {outcome.status} {outcome.code or '-'} {outcome.provider_id or '-'}\n"
        self._write(line.encode())

    def clear(self) -> None:
        """Forget it all: the database knows."""
        os.ftruncate(self._file, len(self._start))
        self._is_needed = False

    def close(self) -> None:
        """End it. What the database does not know yet stays for `abandoned`."""
        if not self._is_needed:
            self._path.unlink(missing_ok=True)
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        if os.write(self._file, line) != len(line):
            # Half a line would swallow the next one.
            raise OSError("The disk is full: the newsletter's journal cannot be written.")
        if self._is_synced:
            os.fsync(self._file)


class Story(NamedTuple):
    """What a journal tells, by delivery and attempt: what was about to be handed over, and the answers."""

    started: frozenset[tuple[int, int]]
    answers: dict[tuple[int, int], Outcome]
    # Whether what is not told did not happen.
    is_whole: bool


def told(owner: str) -> Story | None:
    """What the journal of `owner` tells; None if it is not on this machine."""
    try:
        lines = (settings.NEWSLETTER_STATE_DIR / f"{owner}{_SUFFIX}").read_text().splitlines(keepends=True)
    except FileNotFoundError:
        return None
    started, answers, boot = set(), {}, ""
    for line in lines:
        # A line without its end was never written, in a journal that is whole.
        match line.split() if line.endswith("\n") else ():
            case ("B", boot):
                pass
            case ("S", delivery, attempt):
                started.add((int(delivery), int(attempt)))
            case ("D", delivery, attempt, status, *words):
                code, name = ("" if word == "-" else word for word in words)
                answers[int(delivery), int(attempt)] = Outcome(Delivery.Status(status), code, provider_id=name)
    return Story(frozenset(started), answers, is_whole=boot in ("fsync", _boot()))


def abandoned() -> Iterator[str]:
    """The owners whose processes are gone. Each is this process's alone while it is looked at, and its journal ends."""
    for path in sorted(settings.NEWSLETTER_STATE_DIR.glob(f"*{_SUFFIX}")):
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            yield path.stem
            path.unlink(missing_ok=True)
        finally:
            os.close(file)


def _boot() -> str:
    """Another word after each start of the machine; always the same where the disk has it all, or nothing tells."""
    try:
        return "fsync" if settings.NEWSLETTER_FSYNC else _BOOT.read_text().strip()
    except OSError:
        return "unknown"
