"""Read the dates of bibliographic records."""

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def month_number(name: str | None) -> int | None:
    """Return the number of the month whose English name or abbreviation is `name`, or None."""
    key = (name or "")[:3].lower()
    return _MONTHS.index(key) + 1 if key in _MONTHS else None


def read_date(text: str) -> tuple[int | None, int | None, int | None]:
    """Return year, month and day of a date such as "2001/03/04", "2001-03" or "2001 Mar 4"."""
    parts = [part for part in re.split(r"[/\s.-]+", text.strip()) if part]
    if not parts or not re.fullmatch(r"[12]\d{3}", parts[0]):
        return None, None, None
    month = _month(parts[1]) if len(parts) > 1 else None
    has_day = month is not None and len(parts) > 2 and re.fullmatch(r"0?[1-9]|[12]\d|3[01]", parts[2])
    return int(parts[0]), month, int(parts[2]) if has_day else None


def _month(text: str) -> int | None:
    return int(text) if re.fullmatch(r"0?[1-9]|1[0-2]", text) else month_number(text)
