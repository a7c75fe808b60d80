"""How many examples property tests try."""

import os


def examples(usual: int) -> int:
    """Return FUZZ_EXAMPLES, or the number that the suite has time for. See docs/testing.md."""
    return int(os.environ.get("FUZZ_EXAMPLES", str(usual)))
