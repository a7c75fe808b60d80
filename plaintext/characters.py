"""The control characters that stored text must not contain."""

import re

# XML and feeds cannot represent most of these and PostgreSQL rejects NUL. Others reorder the text after them (Unicode
# TR 36, "bidirectional text spoofing"). The marks of right-to-left writing, U+200E and U+200F, are allowed.
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
_CONTROL_CHARACTERS = re.compile(f"[{_CONTROL}]")
# Zero-width characters and soft hyphens, which come along when text is copied from a page or a document. Some of them
# shape the letters of Persian and Indic scripts, so they are removed from identifiers such as email addresses only.
_ZERO_WIDTH = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028\u2029\u2060-\u2064\u206a-\u206f\ufeff"
_INVISIBLE_CHARACTERS = re.compile(f"[{_CONTROL}{_ZERO_WIDTH}]")
_NOT_IN_A_LINE = re.compile(f"[{_CONTROL}\t\n\r\u2028\u2029]")


def strip_control_characters(text: str) -> str:
    """Return `text` without control characters. Tabs and line breaks stay."""
    return _CONTROL_CHARACTERS.sub("", text)


def strip_invisible_characters(text: str) -> str:
    """Return `text` without control and zero-width characters, and without surrounding spaces of any kind."""
    return _INVISIBLE_CHARACTERS.sub("", text).strip()


def is_plain_line(text: str) -> bool:
    """Return True if `text` contains no control characters, tabs or line breaks."""
    return not _NOT_IN_A_LINE.search(text)
