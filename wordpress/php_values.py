"""Read values that PHP's serialize() wrote, as plugins store them in post meta. Nothing is executed.

Format: https://www.php.net/manual/en/function.serialize.php. String lengths count bytes, and are wrong after someone
replaced URLs or line breaks in the file; such a string ends where the next value can start.
"""

import re

type PhpValue = str | int | float | bool | dict[int | str, PhpValue] | None

MAX_LENGTH = 1_000_000
MAX_DEPTH = 20
_SCALAR = re.compile(r"(?:(N)|(i|b|d):([^;]{1,40}));")
_STRING = re.compile(r"[sS]:\d{1,9}:\"")
_OPEN = re.compile(r"(?:a:(\d{1,9})|O:\d{1,9}:\"[^\"]{0,200}\":(\d{1,9})):\{")
# What can follow a string: another value, the end of an array, or nothing.
_STRING_END = re.compile(r"\";(?=\s*(?:[ibdsSaOrR]:|N;|\}|\Z))")


class _InvalidValueError(ValueError):
    """Raised for text that is not a serialized value."""


def parse_php(text: str) -> PhpValue:
    """Return the value of the serialized `text`, arrays and objects as dictionaries; None if it is not serialized."""
    if len(text) > MAX_LENGTH:
        return None
    try:
        return _Reader(text.strip()).value(0)
    except ValueError:
        return None


def strings_in(value: PhpValue) -> list[str]:
    """Return every string in `value`, at any depth, in order."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings_in(each)]
    return [value] if isinstance(value, str) else []


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def value(self, depth: int) -> PhpValue:
        if depth > MAX_DEPTH:
            raise _InvalidValueError
        if scalar := self._match(_SCALAR):
            return _scalar(scalar)
        if self._match(_STRING):
            return self._string()
        if opened := self._match(_OPEN):
            return self._array(int(opened[1] or opened[2]), depth)
        raise _InvalidValueError

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def _string(self) -> str:
        start = self.at
        length = int(self.text[:start].rpartition(":")[0].rpartition(":")[2])
        text = self.text[start : start + length].encode()[:length].decode(errors="ignore")
        if not _STRING_END.match(self.text, start + len(text)):
            end = _STRING_END.search(self.text, start)
            if end is None:
                raise _InvalidValueError
            text = self.text[start : end.start()]
        self.at = start + len(text) + 2
        return text

    def _array(self, count: int, depth: int) -> PhpValue:
        found: dict[int | str, PhpValue] = {}
        while len(found) < count and self.text[self.at : self.at + 1] != "}":
            key = self.value(depth + 1)
            if not isinstance(key, int | str):
                raise _InvalidValueError
            found[key] = self.value(depth + 1)
        if self.text[self.at : self.at + 1] == "}":
            self.at += 1
        return found


def _scalar(found: re.Match[str]) -> PhpValue:
    if found[1]:
        return None
    convert = {"i": int, "d": float, "b": lambda text: text == "1"}[found[2]]
    return convert(found[3])  # type: ignore[operator]
