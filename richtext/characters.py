"""The control characters that texts must not contain."""

import re

# All that XML cannot represent, so a feed or sitemap with one of them would be unreadable. Tabs and line ends are fine.
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def strip_control_characters(text: str) -> str:
    """Return `text` without control characters."""
    return _CONTROL_CHARACTERS.sub("", text)
