"""Digests of tables that show whether two databases have the same content."""

import hashlib
from collections.abc import Iterable, Mapping

from backups.errors import BackupError
from backups.manifest import Table

_DIGEST_BYTES = 16


def fingerprint(rows: Iterable[tuple[object, ...]]) -> Table:
    """Return the number of rows and a digest of their values.

    The digest is a sum of digests, because databases return rows in any order and sorting all of them takes memory.
    """
    count = total = 0
    for row in rows:
        count += 1
        digest = hashlib.blake2b(repr(row).encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES)
        total += int.from_bytes(digest.digest())
    return Table(count, f"{total % 256**_DIGEST_BYTES:0{2 * _DIGEST_BYTES}x}")


def compare(found: Mapping[str, Table], expected: Mapping[str, Table]) -> None:
    """Raise BackupError with the first differences between tables, if there are any."""
    differences = [
        f"{name} ({_describe(found.get(name))} instead of {_describe(expected.get(name))})"
        for name in sorted(found.keys() | expected.keys())
        if found.get(name) != expected.get(name)
    ]
    if differences:
        raise BackupError(f"The restored database differs from the backup: {', '.join(differences[:5])}.")


def _describe(table: Table | None) -> str:
    return f"{table.rows} rows with the digest {table.digest[:8]}" if table else "no table"
