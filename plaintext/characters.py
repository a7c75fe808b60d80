"""The control characters that stored text must not contain."""

import re
from functools import cache
from itertools import groupby

# XML and feeds cannot represent most of these and PostgreSQL rejects NUL. Others reorder the text after them (Unicode
# TR 36, "bidirectional text spoofing"). The marks of right-to-left writing, U+200E and U+200F, are allowed.
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
_CONTROL_CHARACTERS = re.compile(f"[{_CONTROL}]")
# Zero-width characters and soft hyphens, which come along when text is copied from a page or a document. Some of them
# shape the letters of Persian and Indic scripts, so they are removed from identifiers such as email addresses only.
_ZERO_WIDTH = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028\u2029\u2060-\u2064\u206a-\u206f\ufeff"
_INVISIBLE_CHARACTERS = re.compile(f"[{_CONTROL}{_ZERO_WIDTH}]")
_SPECIAL_IN_PATTERNS = frozenset("\\[]^-")
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


@cache
def character_class(characters: str) -> str:
    """Return a regular expression, for Python and PostgreSQL, that matches one of `characters`."""
    escaped = [re.escape(character) for character in characters if character in _SPECIAL_IN_PATTERNS]
    codes = sorted({ord(character) for character in characters if character not in _SPECIAL_IN_PATTERNS})
    # Consecutive codes have the same distance from their positions.
    runs = [
        [code for _, code in run]
        for _, run in groupby(enumerate(codes), key=lambda numbered: numbered[1] - numbered[0])
    ]
    ranges = "".join(chr(run[0]) if len(run) == 1 else f"{chr(run[0])}-{chr(run[-1])}" for run in runs)
    options = [*escaped, f"[{ranges}]"] if ranges else escaped
    return options[0] if len(options) == 1 else f"(?:{'|'.join(options)})"
