"""Limits hold for all workers together, and over restarts."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery import rate_limit
from newsletter.models import SendWindow
from tests.newsletter.delivery.harness import sender

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time that pace sees; sleeping goes on to the next second."""
    now = [NOON]
    monkeypatch.setattr("newsletter.delivery.rate_limit.timezone.now", lambda: now[0])
    monkeypatch.setattr(
        "newsletter.delivery.rate_limit.time.sleep", lambda _: now.append(now.pop() + timedelta(seconds=1))
    )
    return now


def test_without_limits_nothing_is_counted() -> None:
    assert rate_limit.reserve(sender(), 100) == (100, ())
    assert not SendWindow.objects.exists()


def test_the_narrowest_limit_holds_until_its_window_is_over(clock: list[datetime]) -> None:
    profile = sender(max_per_hour=10, max_per_day=25)
    granted = []
    for hours in (0, 0, 1, 2, 3, 24):
        clock[0] = NOON + timedelta(hours=hours)
        granted.append(rate_limit.reserve(profile, 8).number)
    assert granted == [8, 2, 8, 7, 0, 8]


def test_a_full_second_is_waited_for_and_a_full_hour_is_not(clock: list[datetime]) -> None:
    profile = sender(max_per_second=2, max_per_hour=5)
    assert [rate_limit.reserve(profile, 8).number for _ in range(4)] == [2, 2, 1, 0]
    assert clock[0] == NOON + timedelta(seconds=2)


def test_none_a_second_is_none_and_no_wait_for_ever() -> None:
    assert rate_limit.reserve(sender(max_per_second=0), 8).number == 0


def test_what_is_not_sent_is_given_back_to_the_window_it_came_from(clock: list[datetime]) -> None:
    profile = sender(max_per_hour=10)
    first = rate_limit.reserve(profile, 8)
    clock[0] += timedelta(hours=1)
    assert rate_limit.reserve(profile, 8).number == 8
    rate_limit.give_back(first, 8)
    assert rate_limit.reserve(profile, 8).number == 2
    clock[0] -= timedelta(hours=1)
    second = rate_limit.reserve(profile, 8)
    rate_limit.give_back(second, 3)
    assert rate_limit.reserve(profile, 8).number == 10 - second.number + 3


def test_old_windows_go() -> None:
    profile = sender(max_per_hour=10)
    SendWindow.objects.create(newsletter_settings=profile, period="hour", starts_at=NOON - timedelta(days=900))
    rate_limit.reserve(profile, 1)
    assert SendWindow.objects.count() == 1
