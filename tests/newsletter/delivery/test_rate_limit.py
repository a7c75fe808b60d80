"""Rate limits apply to all workers together and survive restarts."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery import rate_limit
from newsletter.models import SendWindow
from tests.newsletter.delivery.harness import make_newsletter_settings

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Return the current time, in a list. Sleeping advances it by a second."""
    now = [NOON]
    monkeypatch.setattr("newsletter.delivery.rate_limit.timezone.now", lambda: now[0])
    monkeypatch.setattr(
        "newsletter.delivery.rate_limit.time.sleep", lambda _: now.append(now.pop() + timedelta(seconds=1))
    )
    return now


def test_nothing_is_counted_without_limits() -> None:
    assert rate_limit.reserve(make_newsletter_settings(), 100) == (100, ())
    assert not SendWindow.objects.exists()


def test_strictest_limit_applies_until_its_window_ends(clock: list[datetime]) -> None:
    newsletter_settings = make_newsletter_settings(max_per_hour=10, max_per_day=25)
    granted = []
    for hours in (0, 0, 1, 2, 3, 24):
        clock[0] = NOON + timedelta(hours=hours)
        granted.append(rate_limit.reserve(newsletter_settings, 8).granted)
    assert granted == [8, 2, 8, 7, 0, 8]


def test_reserving_waits_for_the_next_second_but_not_for_the_next_hour(clock: list[datetime]) -> None:
    newsletter_settings = make_newsletter_settings(max_per_second=2, max_per_hour=5)
    assert [rate_limit.reserve(newsletter_settings, 8).granted for _ in range(4)] == [2, 2, 1, 0]
    assert clock[0] == NOON + timedelta(seconds=2)


def test_limit_of_zero_per_second_does_not_wait_forever() -> None:
    assert rate_limit.reserve(make_newsletter_settings(max_per_second=0), 8).granted == 0


def test_unused_emails_are_returned_to_their_window(clock: list[datetime]) -> None:
    newsletter_settings = make_newsletter_settings(max_per_hour=10)
    first = rate_limit.reserve(newsletter_settings, 8)
    clock[0] += timedelta(hours=1)
    assert rate_limit.reserve(newsletter_settings, 8).granted == 8
    rate_limit.release(first, 8)
    assert rate_limit.reserve(newsletter_settings, 8).granted == 2
    clock[0] -= timedelta(hours=1)
    second = rate_limit.reserve(newsletter_settings, 8)
    rate_limit.release(second, 3)
    assert rate_limit.reserve(newsletter_settings, 8).granted == 10 - second.granted + 3


def test_old_windows_are_deleted() -> None:
    newsletter_settings = make_newsletter_settings(max_per_hour=10)
    newsletter_settings.send_windows.create(period="hour", starts_at=NOON - timedelta(days=900))
    rate_limit.reserve(newsletter_settings, 1)
    assert SendWindow.objects.count() == 1
