"""The schedule of exercises as a calendar file (RFC 5545), made on the spot. Nothing of it is stored here.

Events have local times without a zone: nine o'clock is nine o'clock where the visitor is, also on a journey.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import icalendar
from django.http import HttpResponse
from django.utils import timezone

from exercises.dose import Dose
from exercises.models import Exercise
from exercises.sheets.program import HomeProgram
from siteinfo.urls import absolute_url

# After this time, someone should look at the program again.
WEEKS = 6
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# Spread over the week, with the rest days between them.
_TRAINING_DAYS = {1: (0,), 2: (0, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4), 6: (0, 1, 2, 3, 4, 5)}
_FIRST, _LAST = time(9), time(19)
# Roughly what a repetition takes that nobody holds.
_SECONDS_PER_REPETITION = 4


class _Slot(NamedTuple):
    """When exercises are done: on these weekdays, from Monday 0, at this time."""

    weekdays: tuple[int, ...]
    time: time


def calendar_response(program: HomeProgram, source: str) -> HttpResponse:
    """Serve the schedule of a program to download. See `make_calendar()`."""
    content = make_calendar(program, source, timezone.now())
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="exercises.ics"'
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response


def make_calendar(program: HomeProgram, source: str, now: datetime) -> bytes:
    """Return the calendar: one series of events for each time at which exercises of the program are done.

    The ids of the events consist of `source`, days and time, so that a calendar that imports the file again replaces
    them.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//PT Complete//Exercises//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # The visitor may be a day ahead of the site.
    first_day = timezone.localdate(now) + timedelta(days=1)
    for slot, exercises in _slots(program.exercises).items():
        calendar.add_component(_event(program, slot, exercises, source, first_day, now))
    return bytes(calendar.to_ical())


def _slots(exercises: Iterable[Exercise]) -> dict[_Slot, list[Exercise]]:
    """Return what is done when. Exercises that are done at the same times share their events."""
    slots = defaultdict[_Slot, list[Exercise]](list)
    for exercise in exercises:
        weekdays = _TRAINING_DAYS.get(exercise.days_per_week, tuple(range(7)))
        for at in _times(exercise.times_per_day):
            slots[_Slot(weekdays, at)].append(exercise)
    return dict(sorted(slots.items()))


def _times(count: int) -> list[time]:
    """Return times spread over the day: nine o'clock; with two, also seven in the evening."""
    first, last = (each.hour * 60 + each.minute for each in (_FIRST, _LAST))
    step = (last - first) / (count - 1) if count > 1 else 0
    minutes = [round((first + step * index) / 15) * 15 for index in range(count)]
    return [time(*divmod(each, 60)) for each in minutes]


def _event(
    program: HomeProgram, slot: _Slot, exercises: Sequence[Exercise], source: str, first_day: date, now: datetime
) -> "icalendar.Event":
    day = next(day for day in (first_day + timedelta(days=n) for n in range(7)) if day.weekday() in slot.weekdays)
    starts_at = datetime.combine(day, slot.time)
    days = ",".join(_DAYS[each] for each in slot.weekdays)
    site = urlsplit(absolute_url("/")).hostname
    event = icalendar.Event()
    event.add("uid", f"{source}-{days.replace(',', '')}-{slot.time:%H%M}@{site}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", starts_at)
    event.add("duration", timedelta(minutes=_minutes(exercises)))
    # The last second before the day after the last week, as a local time like the start.
    until = datetime.combine(day + timedelta(weeks=WEEKS), time.min) - timedelta(seconds=1)
    event.add("rrule", {"freq": "weekly", "until": until, "byday": [_DAYS[each] for each in slot.weekdays]})
    event.add("summary", ", ".join(each.name for each in exercises))
    event.add("description", _description(exercises))
    event.add("url", program.url)
    event.add("transp", "TRANSPARENT")
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Time for your exercises")
    alarm.add("trigger", timedelta(0))
    event.add_component(alarm)
    return event


def _description(exercises: Sequence[Exercise]) -> str:
    """Return the dose of each exercise, when to stop it, and its page."""
    texts = [
        f"{each.name}: {each.dose.session}.\nStop if {each.stop_if}\n{absolute_url(each.get_absolute_url())}"
        for each in exercises
    ]
    return "\n\n".join([*texts, f"This plan ends after {WEEKS} weeks. Ask then what to change."])


def _minutes(exercises: Sequence[Exercise]) -> int:
    """Return about how long the exercises take together, in steps of five minutes."""
    seconds = sum(_seconds(each.dose) for each in exercises)
    return max(5, -(-seconds // 300) * 5)


def _seconds(dose: Dose) -> int:
    moving = max(dose.hold_seconds, _SECONDS_PER_REPETITION) * dose.repetitions * dose.rounds
    return moving + dose.rest_seconds * (dose.rounds - 1)
