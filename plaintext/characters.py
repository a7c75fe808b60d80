"""The control characters that stored text must not contain."""

import re

# XML and feeds cannot represent most of these and PostgreSQL rejects NUL. Others reorder the text after them (Unicode
# TR 36, "bidirectional text spoofing"). The marks of right-to-left writing, U+200E and U+200F, are allowed.
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
_CONTROL_CHARACTERS = re.compile(f"[{_CONTROL}]")
_NOT_IN_A_LINE = re.compile(f"[{_CONTROL}\t\n\r\u2028\u2029]")


def strip_control_characters(text: str) -> str:
    """Return `text` without control characters. Tabs and line breaks stay."""
    return _CONTROL_CHARACTERS.sub("", text)


def is_plain_line(text: str) -> bool:
    """Return True if `text` contains no control characters, tabs or line breaks."""
    return not _NOT_IN_A_LINE.search(text)
