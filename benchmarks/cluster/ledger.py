"""What the visitors of a benchmark have seen: each request, and each write that the site acknowledged."""

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import NamedTuple


class Request(NamedTuple):
    """A request. `status` is 0 without a response."""

    started_at: float
    ended_at: float
    kind: str
    status: int

    @property
    def has_failed(self) -> bool:
        """Whether the visitor got no response, or an error of the server."""
        return self.status == 0 or self.status >= 500


class Kill(NamedTuple):
    """Something that was killed, and when."""

    at: float
    victim: str
    sends_emails: bool


@dataclass(frozen=True)
class Recovery:
    """What followed a kill until the next one."""

    victim: str
    failed: int
    seconds: float
    # Until the next email was accepted, if any was left.
    email_seconds: float | None
    sends_emails: bool

    @property
    def total_seconds(self) -> float:
        """How long the part was missed."""
        return max(self.seconds, self.email_seconds or 0.0) if self.sends_emails else self.seconds


class Ledger:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        self.kills: list[Kill] = []
        # Acknowledged writes by kind, in order.
        self.acknowledged: defaultdict[str, list[str]] = defaultdict(list)
        # The number that each post was last saved with, by path.
        self.saved: dict[str, int] = {}
        self.stale = 0
        self.signed_out = 0

    def record(self, started_at: float, kind: str, status: int) -> None:
        """Record a request that has just ended."""
        with self._lock:
            self.requests.append(Request(started_at, time.time(), kind, status))

    def acknowledge(self, kind: str, what: str) -> None:
        """Record that the site has said that it stored `what`."""
        with self._lock:
            self.acknowledged[kind].append(what)

    def statuses(self) -> dict[str, Counter[str]]:
        """Return how many requests of each kind ended how."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for request in self.requests:
            outcome = "failed" if request.has_failed else "limited" if request.status == 429 else "answered"
            counts[request.kind][outcome] += 1
        return counts

    def recoveries(self, ended_at: float, emails_at: list[float]) -> list[Recovery]:
        """Return what followed each kill."""
        found = []
        for number, kill in enumerate(self.kills):
            until = self.kills[number + 1].at if number + 1 < len(self.kills) else ended_at
            failures = [each for each in self.requests if each.has_failed and kill.at <= each.ended_at < until]
            last = max((each.ended_at for each in failures), default=kill.at)
            next_email = min((at for at in emails_at if at > kill.at), default=None)
            email_seconds = None if next_email is None else next_email - kill.at
            found.append(Recovery(kill.victim, len(failures), last - kill.at, email_seconds, kill.sends_emails))
        return found
