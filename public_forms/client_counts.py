"""Bound how often one client is counted in a day, in the memory of this process, so that it costs no query.

A process that restarts begins again, and each process counts for itself. That is enough here: the bound keeps one
client from inflating statistics or filling a log. `ratelimit` is exact and shared, at the price of two writes.
"""

import threading

from cachetools import LRUCache

from public_forms.ratelimit import ClientRequest, client_network, fingerprint

# About 10 MB. The clients that were seen longest ago are forgotten first.
MAX_ENTRIES = 50_000
_counts: LRUCache[str, int] = LRUCache(MAX_ENTRIES)
_lock = threading.Lock()


def counts_today(request: ClientRequest, what: str, *, limit: int) -> bool:
    """Count one `what` of the client's network. Return whether it is among the first `limit` today.

    Only a keyed hash that changes daily is stored.
    """
    key = fingerprint(f"count {what} {client_network(request)}")
    with _lock:
        count = _counts.get(key, 0) + 1
        _counts[key] = min(count, limit + 1)
    return count <= limit


def clear() -> None:
    """Forget all counts."""
    with _lock:
        _counts.clear()
