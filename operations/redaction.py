"""Remove from log lines what identifies people or opens doors: email addresses, tokens, passwords in URLs."""

import re

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*@")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
# Signed values and random keys: long, without a dot, with digits, and with capitals, colons or hexadecimal digits.
# Slugs and names of modules have none of the last.
_TOKEN = re.compile(r"(?<![\w:=-])(?=[\w:=-]*(?:[A-Z:]|[0-9a-f]{16}))(?=[\w:=-]*\d)[\w:=-]{32,}")


def redact(text: str) -> str:
    """Return `text` without email addresses, tokens and passwords."""
    text = _CREDENTIALS.sub("…@", text)
    return _TOKEN.sub("[token]", _EMAIL.sub("[email]", text))
