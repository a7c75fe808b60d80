"""Read the dates in exports of newsletter services."""

import calendar
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

from django.utils.dateparse import parse_datetime

from plaintext.characters import strip_invisible_characters

# Earlier times are typing errors. Later ones overflow in some time zones.
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_EMPTY = re.compile(
    r"(?:null|none|nil|n/?a|nan|nat|undefined|[-–—.]+|(?:0{1,4}[-/.]0{1,2}[-/.]0{1,4})(?:[T ][0:.]+Z?)?|0)?", re.I
)
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr)}
_TIME = (
    r"(?:(?:[T,]|,? at)? *(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r" *(?P<half>[ap]\.?m\.?)?)?"
    r" *(?P<zone>Z|UTC|GMT|\(?(?:UTC|GMT)?[+-]\d{1,2}:?(?:\d{2})?\)?)?"
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?"
_NUMERIC = re.compile(rf"(?P<a>\d{{1,4}})([-/.])(?P<b>\d{{1,2}})\2(?P<c>\d{{1,4}})\.?{_TIME}", re.I)
_COMPACT = re.compile(
    r"(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z)?)?(?P<half>)"
)
_DAY_MONTH = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[ -]+(?P<month>[a-z]{{3,9}})\.?,?[ -]+(?P<year>\d{{4}}){_TIME}",
    re.I,
)
_MONTH_DAY = re.compile(
    rf"{_WEEKDAY}(?P<month>[a-z]{{3,9}})\.? +(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<year>\d{{4}}){_TIME}", re.I
)
_SECONDS = re.compile(r"\d{9,10}(?:\.\d+)?")
_MILLISECONDS = re.compile(r"\d{12,13}")


class DateError(ValueError):
    """Raised for text that is a date by its shape, but not one that is possible."""


def is_empty_date(text: str) -> bool:
    """Return True for the ways in which programs write that there is no date, such as 0000-00-00 00:00:00."""
    return bool(_EMPTY.fullmatch(text))


def is_month_first(texts: Iterable[str]) -> bool:
    """Return True unless a date in a column shows that the day comes before the month."""
    for text in texts:
        found = _NUMERIC.fullmatch(strip_invisible_characters(text))
        if found and len(found["a"]) < 3 and int(found["a"]) > 12:
            return False
        # With dots, no country writes the month first.
        if found and len(found["a"]) < 3 and found[2] == ".":
            return False
    return True


def parse_date_time(text: str, *, month_first: bool = True) -> datetime | None:
    """Return the time that `text` says, in UTC if it has no time zone, or None if it does not look like a date.

    Raise DateError for a date that does not exist or is unlikely.
    """
    text = strip_invisible_characters(text)
    if _SECONDS.fullmatch(text) or _MILLISECONDS.fullmatch(text):
        seconds = float(text) / (1000 if _MILLISECONDS.fullmatch(text) else 1)
        return _checked(datetime.fromtimestamp(seconds, UTC), text)
    # Keeps microseconds, which our own export has.
    if (exact := _parse_iso(text)) is not None:
        return _checked(exact if exact.tzinfo else exact.replace(tzinfo=UTC), text)
    if found := _NUMERIC.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, day = _order(found, month_first)
    elif (found := _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text)) and found["month"][:3].title() in _MONTHS:
        year, month, day = int(found["year"]), _MONTHS[found["month"][:3].title()], int(found["day"])
    else:
        return None
    try:
        return _checked(datetime(year, month, day, *_clock(found), tzinfo=_zone(found["zone"])), text)
    except ValueError as error:
        raise DateError(f"“{text[:40]}” is not a possible date.") from error


def _parse_iso(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:  # a date that does not exist
        return None


def _order(found: re.Match[str], month_first: bool) -> tuple[int, int, int]:
    """Return year, month and day of a date in numbers."""
    first, second, third = int(found["a"]), int(found["b"]), int(found["c"])
    if len(found["a"]) > 2:
        return first, second, third
    year = third if len(found["c"]) > 2 else 2000 + third
    return (year, first, second) if month_first else (year, second, first)


def _clock(found: re.Match[str]) -> tuple[int, int, int]:
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower().startswith("p") else 0)
    return hour, minute, second


def _zone(text: str | None) -> timezone:
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})?", text or "")
    if not found:
        return UTC
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset)


def _checked(time: datetime, text: str) -> datetime:
    if not _EARLIEST < time < _LATEST:
        raise DateError(f"“{text[:40]}” is not a possible date.")
    return time
