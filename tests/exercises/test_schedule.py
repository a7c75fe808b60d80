"""Schedules of exercises as calendar files, read back with the library and by the letter of RFC 5545."""

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from exercises.models import Exercise
from exercises.sheets.program import HomeProgram
from exercises.sheets.schedule import WEEKS, make_calendar
from tests.exercises.factories import embed, make_exercise
from tests.factories import make_post

pytestmark = pytest.mark.django_db
# A Monday.
NOW = datetime(2026, 11, 30, 20, 15, tzinfo=UTC)


def events_of(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def schedule(*exercises: Exercise, now: datetime = NOW) -> list[Any]:
    program = HomeProgram("My exercises", "", exercises, "https://example.com/my-plan/")
    return events_of(make_calendar(program, "my-plan", now))


def days_of(event: Any) -> list[date]:
    """Return the days of the series, as a calendar computes them."""
    rule = event["rrule"].to_ical().decode()
    return [at.date() for at in rrulestr(rule, dtstart=event["dtstart"].dt)]


@pytest.mark.parametrize("days_per_week", range(1, 8))
def test_the_series_has_the_days_of_the_dose_for_six_weeks(days_per_week: int) -> None:
    (event,) = schedule(make_exercise(days_per_week=days_per_week))
    days = days_of(event)
    assert len(days) == days_per_week * WEEKS
    assert days[0] == event["dtstart"].dt.date() >= date(2026, 12, 1)
    if days_per_week <= 3:
        assert all(later - earlier > timedelta(days=1) for earlier, later in pairwise(days))


@pytest.mark.parametrize(
    ("times_per_day", "times"),
    [(1, ["09:00"]), (2, ["09:00", "19:00"]), (3, ["09:00", "14:00", "19:00"])],
)
def test_several_times_a_day_are_several_series(times_per_day: int, times: list[str]) -> None:
    events = schedule(make_exercise(times_per_day=times_per_day))
    assert [f"{event['dtstart'].dt:%H:%M}" for event in events] == times


@pytest.mark.parametrize("times_per_day", range(1, 11))
def test_all_times_of_a_day_differ(times_per_day: int) -> None:
    starts = [event["dtstart"].dt.time() for event in schedule(make_exercise(times_per_day=times_per_day))]
    assert len(set(starts)) == times_per_day
    assert time(9) <= min(starts) <= max(starts) <= time(19)


def test_exercises_at_the_same_times_share_their_events() -> None:
    bridge, tuck = make_exercise(name="Bridge"), make_exercise(name="Chin tuck", times_per_day=2)
    rare = make_exercise(name="Step up", days_per_week=3)
    summaries = sorted(str(event["summary"]) for event in schedule(bridge, tuck, rare))
    assert summaries == ["Bridge, Chin tuck", "Chin tuck", "Step up"]


def test_times_are_local_ones_and_dtstamp_is_utc() -> None:
    program = HomeProgram("My exercises", "", [make_exercise()], "https://example.com/my-plan/")
    text = make_calendar(program, "my-plan", NOW).decode()
    assert "DTSTART:20261201T090000\r\n" in text
    assert "DTSTAMP:20261130T201500Z\r\n" in text
    assert re.search(r"UNTIL=\d{8}T235959[;\r]", text)
    assert "TZID" not in text


def test_an_event_reminds_and_says_dose_stop_line_and_url() -> None:
    bridge = make_exercise(name="Bridge", slug="bridge")
    (event,) = schedule(bridge)
    description = str(event["description"])
    assert bridge.dose.session in description
    assert "Stop if the pain shoots down your leg." in description
    assert "http://testserver/exercises/bridge/" in description
    assert event["duration"].dt % timedelta(minutes=5) == timedelta(0)
    (alarm,) = event.walk("VALARM")
    assert (str(alarm["action"]), alarm["trigger"].dt) == ("DISPLAY", timedelta(0))


def test_another_file_of_the_same_plan_replaces_its_events() -> None:
    bridge, hinge = make_exercise(name="Bridge"), make_exercise(name="Hinge")
    (before,), (after,) = schedule(bridge), schedule(bridge, hinge, now=NOW + timedelta(days=3))
    assert before["uid"] == after["uid"]
    assert before["summary"] != after["summary"]
    ids = [str(event["uid"]) for event in schedule(make_exercise(times_per_day=3), make_exercise(days_per_week=2))]
    assert len(set(ids)) == len(ids) == 4


@given(name=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=120))
def test_any_name_is_escaped_and_folded(name: str) -> None:
    exercise = Exercise(pk=1, name=name, slug="any", stop_if="x, y; z\\n", steps="Go.")
    program = HomeProgram("My exercises", "", [exercise], "https://example.com/my-plan/")
    content = make_calendar(program, "my-plan", NOW)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    (event,) = events_of(content)
    assert str(event["summary"]) == name
    assert "Stop if x, y; z\\n\n" in str(event["description"])
    assert [key for key in event if key.startswith("X-")] == []


def test_the_schedule_of_an_exercise_is_linked_on_its_page(client: Client) -> None:
    make_exercise(slug="bridge")
    assert "/exercises/bridge/calendar.ics" in client.get("/exercises/bridge/").content.decode()
    response = client.get("/exercises/bridge/calendar.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="exercises.ics"'
    assert response["X-Robots-Tag"] == "noindex"
    assert len(events_of(response.content)) == 1


def test_drafts_and_unknown_exercises_have_no_schedule(client: Client) -> None:
    make_exercise(slug="bridge", status="draft")
    for slug in ("bridge", "nothing"):
        assert client.get(f"/exercises/{slug}/calendar.ics").status_code == 404


def test_the_schedule_of_a_post_has_its_cards(client: Client) -> None:
    make_post(slug="stairs", body=embed(make_exercise(name="Bridge"), make_exercise(name="Hinge")))
    assert "/stairs/home-program/calendar.ics" in client.get("/stairs/home-program/").content.decode()
    (event,) = events_of(client.get("/stairs/home-program/calendar.ics").content)
    assert str(event["summary"]) == "Bridge, Hinge"
    make_post(slug="plain")
    assert client.get("/plain/home-program/calendar.ics").status_code == 404


def test_the_schedule_of_a_draft_is_private(client: Client, admin_client: Client) -> None:
    make_post(slug="stairs", body=embed(make_exercise()), status="draft")
    assert client.get("/stairs/home-program/calendar.ics").status_code == 404
    response = admin_client.get("/stairs/home-program/calendar.ics")
    assert response.status_code == 200
    assert "private" in response["Cache-Control"]


def test_the_schedule_of_a_plan_is_made_of_ids_that_are_not_in_its_url() -> None:
    client = Client(headers={"sec-fetch-site": "same-origin", "origin": "http://testserver"})
    bridge, hinge = make_exercise(name="Bridge"), make_exercise(name="Hinge")
    url = reverse("exercises:my_plan_calendar")
    (event,) = events_of(client.post(url, {"e": f"{hinge.pk}-{bridge.pk}"}).content)
    assert str(event["summary"]) == "Hinge, Bridge"
    assert client.get(url).status_code == 405
    assert client.post(url, {"e": "nothing"}).status_code == 404
    other = Client(headers={"origin": "https://other.example", "sec-fetch-site": "cross-site"})
    assert other.post(url, {"e": str(bridge.pk)}).status_code == 403
