"""The files of an import: what they are called and what is in them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def describe_files(paths: Iterable[Path]) -> tuple[list[dict[str, Any]], str]:
    """Return the name and size of each file, and a digest of the contents of all of them."""
    found, digests = [], []
    for path in paths:
        with path.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
        found.append({"name": path.name, "size": path.stat().st_size})
    return found, hashlib.sha256("\n".join(digests).encode()).hexdigest()
