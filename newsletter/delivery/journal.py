"""The delivery journal: records on disk what a connection was doing, so that a killed worker loses nothing.

One line before each email is submitted and one after each result. A line is written with a single call, so a process
may be killed at any time. A power failure may lose lines unless NEWSLETTER_FSYNC is set; after a reboot, a journal
without fsync only proves the results it contains (`is_complete`).
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
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Journal:
    """The journal file of one connection, named after the owner of its claims. Locked while the process lives."""

    def __init__(self) -> None:
        folder = settings.NEWSLETTER_JOURNAL_DIR
        folder.mkdir(parents=True, exist_ok=True)
        self.owner = token_hex(16)
        self._path = folder / f"{self.owner}{_SUFFIX}"
        # Lock it before it gets its final name, so that no other worker considers it abandoned.
        temporary_path = self._path.with_suffix(".new")
        self._file = os.open(temporary_path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        temporary_path.rename(self._path)
        self._header = f"B {_boot_id()}\n".encode()
        self._has_claims = False
        self._is_synced = settings.NEWSLETTER_FSYNC
        self._write(self._header)

    def begin_claim(self) -> None:
        """Keep the file on close from now on, because deliveries are about to be claimed."""
        self._has_claims = True

    def record_start(self, delivery: int, attempt: int) -> None:
        """Record that the email is about to be submitted."""
        self._write(f"S {delivery} {attempt}\n".encode())

    def record_outcome(self, delivery: int, attempt: int, outcome: Outcome) -> None:
        """Record the result of the attempt."""
        line = f"D {delivery} {attempt} {outcome.status} {outcome.code or '-'} {outcome.provider_id or '-'}\n"
        self._write(line.encode())

    def clear(self) -> None:
        """Drop all entries after their results are saved in the database."""
        os.ftruncate(self._file, len(self._header))
        self._has_claims = False

    def close(self) -> None:
        """Close the file and delete it, unless it holds results that are not in the database yet."""
        if not self._has_claims:
            self._path.unlink(missing_ok=True)
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        if os.write(self._file, line) != len(line):
            # A partial line would corrupt the next one.
            raise OSError("The disk is full: cannot write the newsletter's delivery journal.")
        if self._is_synced:
            os.fsync(self._file)


class JournalEntry(NamedTuple):
    """What the journal says about one attempt. `outcome` is None if the email was about to be submitted."""

    outcome: Outcome | None


class Replay(NamedTuple):
    """The contents of a journal, by delivery id and attempt."""

    entries: dict[tuple[int, int], JournalEntry]
    # True if an attempt without an entry was certainly not submitted.
    is_complete: bool


def replay(owner: str) -> Replay | None:
    """Read the journal of `owner`; None if there is no such journal on this machine."""
    try:
        lines = (settings.NEWSLETTER_JOURNAL_DIR / f"{owner}{_SUFFIX}").read_text().splitlines(keepends=True)
    except FileNotFoundError:
        return None
    entries: dict[tuple[int, int], JournalEntry] = {}
    boot_id = ""
    for line in lines:
        # In a complete journal, a line without a line break was never written.
        match line.split() if line.endswith("\n") else ():
            case ("B", boot_id):
                pass
            case ("S", delivery, attempt):
                entries.setdefault((int(delivery), int(attempt)), JournalEntry(None))
            case ("D", delivery, attempt, status, code, provider_id):
                outcome = Outcome(Delivery.Status(status), _value(code), provider_id=_value(provider_id))
                entries[int(delivery), int(attempt)] = JournalEntry(outcome)
    return Replay(entries, is_complete=boot_id in ("fsync", _boot_id()))


def abandoned_owners() -> Iterator[str]:
    """Yield the owners whose processes have ended. Each journal is locked until the next step, then deleted."""
    for path in sorted(settings.NEWSLETTER_JOURNAL_DIR.glob(f"*{_SUFFIX}")):
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


def _value(field: str) -> str:
    return "" if field == "-" else field


def _boot_id() -> str:
    """Return an id that changes with every boot; "fsync" if the journal survives a reboot anyway."""
    try:
        return "fsync" if settings.NEWSLETTER_FSYNC else _BOOT_ID.read_text().strip()
    except OSError:
        return "unknown"
