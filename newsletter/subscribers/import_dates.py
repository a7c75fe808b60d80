"""Read the dates in exports of newsletter services."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

from django.utils.dateparse import parse_datetime

from newsletter.subscribers.import_languages import MONTHS
from plaintext.characters import strip_invisible_characters
from plaintext.folding import fold

# Earlier times are typing errors. Later ones overflow in some time zones.
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_EMPTY = re.compile(
    r"(?:null|none|nil|n/?a|nan|nat|undefined|[-–—.]+|(?:0{1,4}[-/.]0{1,2}[-/.]0{1,4})(?:[T ][0:.]+Z?)?|0)?", re.I
)
# Abbreviations that mean one time zone to most people who write them.
_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_ZONES |= {"wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "eet": 2, "eest": 3, "jst": 9}
_TIME = (
    r"(?:(?:[t,]|,? (?:at|um|a las?|a|alle|as|om|kl\.?))? *(?P<hour>\d{1,2})[:h.](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?(?: uhr)? *(?P<half>[ap]\.? ?m\.?)?)?"
    rf" *\(?(?P<zone>z|utc|gmt|(?:utc|gmt)?[+-]\d{{1,2}}:?(?:\d{{2}})?|{'|'.join(_ZONES)})?\)?"
    # The name of the zone, as JavaScript writes it.
    r"(?: \([a-z .-]+\))?"
)
_WEEKDAY = r"(?:[a-z]{2,10}\.?,? +)?"
_NUMERIC = re.compile(rf"{_WEEKDAY}(?P<a>\d{{1,4}})([-/.]) ?(?P<b>\d{{1,2}})\2 ?(?P<c>\d{{1,4}})\.?{_TIME}")
_COMPACT = re.compile(
    r"(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})(?:t?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>z)?)?(?P<half>)"
)
_DAY_MONTH = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|[oa.°])?(?:[ -]+|/)(?:de )?(?P<month>[a-z]{{3,10}})\.?,?"
    rf"(?:[ -]+|/)(?:de )?(?P<year>\d{{4}}|\d{{2}}){_TIME}"
)
_MONTH_DAY = re.compile(
    rf"{_WEEKDAY}(?P<month>[a-z]{{3,10}})\.? +(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<year>\d{{4}}){_TIME}"
)
# Chinese, Japanese and Korean name the parts of a date after each number.
_PARTS = re.compile(r"(\d{1,4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日号일]")
_MORNING = ("오전", "午前", "上午")
_HALF_FIRST = re.compile(rf"({'|'.join(_MORNING)}|오후|午後|下午) ?(\d{{1,2}}:\d{{2}}(?::\d{{2}})?)")
# As programs in C write it: Wed Feb  1 08:05:00 2023.
_YEAR_LAST = re.compile(r"([a-z]{3} [a-z]{3} +\d{1,2}) (\d{1,2}:\d{2}(?::\d{2})?)((?: [a-z]{3,4})?) (\d{4})")
_SECONDS = re.compile(r"\d{9,10}(?:\.\d+)?")
_MILLISECONDS = re.compile(r"\d{12,13}")
_SPREADSHEET_DAYS = re.compile(r"[3-9]\d{4}(?:\.\d+)?")
_SPREADSHEET_START = datetime(1899, 12, 30, tzinfo=UTC)


class DateError(ValueError):
    """Raised for text that is a date by its shape, but not one that is possible."""


def is_empty_date(text: str) -> bool:
    """Return True for the ways in which programs write that there is no date, such as 0000-00-00 00:00:00."""
    return bool(_EMPTY.fullmatch(text))


def is_month_first(texts: Iterable[str]) -> bool:
    """Return True unless a date in a column shows that the day comes before the month."""
    for text in texts:
        found = _NUMERIC.fullmatch(_plain(text))
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
    if (number := _parse_number(text)) is not None:
        return _checked(number, text)
    # Keeps microseconds, which our own export has.
    if (exact := _parse_iso(text)) is not None:
        return _checked(exact if exact.tzinfo else exact.replace(tzinfo=UTC), text)
    plain = _plain(text)
    if found := _NUMERIC.fullmatch(plain) or _COMPACT.fullmatch(plain):
        year, month, day = _order(found, month_first)
    elif (found := _DAY_MONTH.fullmatch(plain) or _MONTH_DAY.fullmatch(plain)) and _month(found["month"]):
        year, month, day = int(found["year"]), _month(found["month"]), int(found["day"])
        year += 2000 if year < 100 else 0
    else:
        return None
    try:
        return _checked(datetime(year, month, day, *_clock(found), tzinfo=_zone(found["zone"])), text)
    except ValueError as error:
        raise DateError(f"“{text[:40]}” is not a possible date.") from error


def _plain(text: str) -> str:
    """Return a date folded, with single spaces, and with its parts in the order of Western languages."""
    text = " ".join(fold(text).split())
    text = _HALF_FIRST.sub(lambda found: f"{found[2]} {'am' if found[1] in _MORNING else 'pm'}", text)
    text = _PARTS.sub(r"\1-\2-\3", text)
    return _YEAR_LAST.sub(r"\1 \4 \2\3", text)


def _month(name: str) -> int:
    """Return the number of a month, or 0 for another word."""
    return MONTHS.get(name[:4]) or MONTHS.get(name[:3], 0)


def _parse_number(text: str) -> datetime | None:
    """Return the time that a number stands for: seconds or milliseconds since 1970, or days in a spreadsheet."""
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    if _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(float(text) / 1000, UTC)
    if _SPREADSHEET_DAYS.fullmatch(text):
        return _SPREADSHEET_START + timedelta(seconds=round(float(text) * 86_400))
    return None


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
        hour = hour % 12 + (12 if found["half"].startswith("p") else 0)
    return hour, minute, second


def _zone(text: str | None) -> timezone:
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})?", text or "")
    if not found:
        return timezone(timedelta(hours=_ZONES.get(text or "", 0)))
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset)


def _checked(time: datetime, text: str) -> datetime:
    if not _EARLIEST < time < _LATEST:
        raise DateError(f"“{text[:40]}” is not a possible date.")
    return time
