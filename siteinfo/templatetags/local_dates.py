"""Dates in templates, in the format and the time zone that the owner chose. Every template has these filters."""

from datetime import date, datetime

from django import template
from django.utils import timezone

from siteinfo import local_time

register = template.Library()


@register.filter
def site_date(value: date | None) -> str:
    """Return the date, such as November 30, 2026; "" if there is none."""
    return local_time.format_date(value) if value else ""


@register.filter
def site_day(value: date | None) -> str:
    """Return the date without its year, such as November 30; "" if there is none."""
    return local_time.format_day(value) if value else ""


@register.filter
def site_weekday(value: date | None) -> str:
    """Return the day of the week and the date without its year; "" if there is none."""
    return local_time.format_weekday(value) if value else ""


@register.filter
def site_datetime(value: datetime | None) -> str:
    """Return date and time, such as November 30, 2026, 9:14 PM; "" if there is none."""
    return local_time.format_moment(value) if value else ""


@register.filter
def site_appointment(value: datetime | None) -> str:
    """Return weekday, date and time, to check a plan against; "" if there is none."""
    return local_time.format_appointment(value) if value else ""


@register.simple_tag
def site_today() -> date:
    """Return the current date on the site."""
    return timezone.localdate()
