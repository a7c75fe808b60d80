"""Which archives are kept."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backups.rotation import KEEP_ALL, Keep, archive_name, archive_time, expired

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC, microsecond=0)
)


def test_a_name_contains_the_time_in_utc() -> None:
    assert archive_name(NOW) == "ptcomplete-20261130T030000Z.tar.age"
    assert archive_time("ptcomplete-20261130T030000Z.tar.age") == NOW
    assert archive_time("holiday.jpg") is None


def test_a_year_of_daily_backups_leaves_days_weeks_and_months() -> None:
    names = [archive_name(NOW - timedelta(days=age)) for age in range(365)]
    remaining = set(names) - set(expired(names, Keep(daily=7, weekly=4, monthly=6)))
    ages = sorted((NOW - moment).days for name in remaining if (moment := archive_time(name)))
    # Days 0 to 6; Sundays, which end weeks; the last days of October to July. November's last is today.
    assert ages == [0, 1, 2, 3, 4, 5, 6, 8, 15, 30, 61, 91, 122, 153]


def test_only_the_last_backup_of_a_day_stays() -> None:
    names = [archive_name(NOW + timedelta(hours=hours)) for hours in (0, 6, 12, 72)]
    assert expired(names, Keep(7, 4, 6)) == [names[1], names[0]]


def test_a_backup_made_before_an_upgrade_outlives_the_next_daily_ones() -> None:
    before_upgrade = archive_name(NOW - timedelta(hours=2))
    daily = [archive_name(NOW + timedelta(days=days)) for days in range(3)]
    assert expired([before_upgrade, *daily[:2]], Keep(1, 0, 0)) == []
    assert expired([before_upgrade, *daily], Keep(1, 0, 0)) == [daily[0], before_upgrade]


def test_other_files_are_never_deleted() -> None:
    assert expired(["holiday.jpg", "ptcomplete-old.tar.age", archive_name(NOW)], Keep(0, 0, 0)) == []


@given(st.lists(moments, min_size=1), st.builds(Keep, *[st.integers(0, 9)] * 3))
def test_the_newest_stays_and_never_more_than_asked_for(times: list[datetime], keep: Keep) -> None:
    names = {archive_name(moment) for moment in times}
    remaining = names - set(expired(names, keep))
    assert max(names) in remaining
    recent = {name for name in names if (moment := archive_time(name)) and moment > max(times) - KEEP_ALL}
    assert recent <= remaining
    assert len(remaining - recent) <= sum(keep)


@given(st.lists(moments, min_size=1), st.builds(Keep, *[st.integers(0, 9)] * 3))
def test_deleting_twice_deletes_nothing_more(times: list[datetime], keep: Keep) -> None:
    names = {archive_name(moment) for moment in times}
    remaining = names - set(expired(names, keep))
    assert expired(remaining, keep) == []
