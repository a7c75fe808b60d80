"""The time zone and the date format of the site, which the owner chooses.

Django's current time zone and the format of dates belong to the code that runs now. Requests take them from the site
information when their view is known (`ptcomplete.local_time`), background work and commands with `local_time_of_site`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cachetools.func import ttl_cache
from django.db import DatabaseError
from django.utils import timezone
from django.utils.formats import date_format

from siteinfo.models import SiteInfo

# Django's formats for dates with and without the year. Without a choice, those of the language.
_FORMATS = {
    "": ("DATE_FORMAT", "MONTH_DAY_FORMAT"),
    SiteInfo.DateFormat.MONTH_FIRST.value: ("F j, Y", "F j"),
    SiteInfo.DateFormat.DAY_FIRST.value: ("j F Y", "j F"),
    SiteInfo.DateFormat.SHORT_DAY_FIRST.value: ("j M Y", "j M"),
    SiteInfo.DateFormat.ISO.value: ("Y-m-d", "m-d"),
}
_chosen: ContextVar[str] = ContextVar("siteinfo_date_format", default="")


# ---- The choices that apply now ------------------------------------------------------------------------


@contextmanager
def local_time_of(site: SiteInfo) -> Iterator[None]:
    """Use the time zone and the date format of `site` in this block."""
    token = _chosen.set(site.date_format)
    try:
        with timezone.override(zone_of(site)):
            yield
    finally:
        _chosen.reset(token)


@contextmanager
def local_time_of_site() -> Iterator[None]:
    """Use the time zone and the date format of the stored site information in this block. One query."""
    with local_time_of(SiteInfo.load()):
        yield


def use_local_time_of(site: SiteInfo) -> None:
    """Use the time zone and the date format of `site` until the block of `local_time_of` around this ends."""
    _chosen.set(site.date_format)
    zone = zone_of(site)
    if zone:
        timezone.activate(zone)
    else:
        timezone.deactivate()


def zone_of(site: SiteInfo) -> ZoneInfo | None:
    """Return the zone that the owner chose; None for TIME_ZONE, also if this machine does not know the zone."""
    try:
        return ZoneInfo(site.time_zone) if site.time_zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@ttl_cache(maxsize=1, ttl=60)
def recent_site() -> SiteInfo:
    """Return the site information as it was at most a minute ago, for code that must not cost a query each time."""
    try:
        return SiteInfo.load()
    except DatabaseError:
        return SiteInfo()


def recent_zone() -> ZoneInfo | None:
    """Return the zone of `recent_site`."""
    return zone_of(recent_site())


# ---- Dates as text -------------------------------------------------------------------------------------


def format_date(value: date) -> str:
    """Return the date as the owner wants dates to look, such as November 30, 2026. Moments are in local time."""
    return date_format(_local(value), _FORMATS[_current_format()][0])


def format_day(value: date) -> str:
    """Return the date without its year."""
    return date_format(_local(value), _FORMATS[_current_format()][1])


def format_moment(value: datetime) -> str:
    """Return date and time, such as November 30, 2026, 9:14 PM."""
    return f"{format_date(value)}, {format_time(value)}"


def format_appointment(value: datetime) -> str:
    """Return weekday, date and time, such as Monday, November 30, 2026, 9:14 PM, to check a plan against."""
    return f"{date_format(_local(value), 'l')}, {format_moment(value)}"


def format_time(value: datetime) -> str:
    """Return the local time of day."""
    return date_format(_local(value), "TIME_FORMAT")


def format_weekday(value: date) -> str:
    """Return the day of the week and the date without its year, such as Monday, November 30."""
    return f"{date_format(_local(value), 'l')}, {format_day(value)}"


def _current_format() -> str:
    chosen = _chosen.get()
    return chosen if chosen in _FORMATS else ""


def _local(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
