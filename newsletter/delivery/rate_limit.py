"""How many mails may go out now. Counted in the database, for all workers together and over every restart."""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from newsletter.models import NewsletterSettings, SendWindow

_LENGTH = {
    SendWindow.Period.SECOND: timedelta(seconds=1),
    SendWindow.Period.HOUR: timedelta(hours=1),
    SendWindow.Period.DAY: timedelta(days=1),
}


class Reservation(NamedTuple):
    """How many mails may go out now, and in which rows they are counted."""

    number: int
    windows: tuple[int, ...] = ()


def reserve(profile: NewsletterSettings, wanted: int) -> Reservation:
    """Count up to `wanted` mails as going out now. Waits for the next second, but for no hour or day: 0 then."""
    limits = profile.rate_limits()
    if not limits:
        return Reservation(wanted)
    while True:
        with transaction.atomic():
            windows = {period: _window(profile, period) for period in limits}
            room = {period: most - windows[period].count for period, most in limits.items()}
            granted = max(0, min(wanted, *room.values()))
            keys = tuple(window.pk for window in windows.values())
            SendWindow.objects.filter(pk__in=keys).update(count=F("count") + granted)
        only_for_now = [period for period, left in room.items() if left <= 0] == [SendWindow.Period.SECOND]
        if granted or not (only_for_now and profile.max_per_second):
            return Reservation(granted, keys)
        time.sleep(1 - time.time() % 1)


def give_back(reservation: Reservation, unused: int) -> None:
    """Take `unused` mails of `reservation` out again."""
    if unused and reservation.windows:
        SendWindow.objects.filter(pk__in=reservation.windows).update(count=F("count") - unused)


def _window(profile: NewsletterSettings, period: str) -> SendWindow:
    """The row of the window that is now, locked; older ones go when it is made."""
    start = _start(period, timezone.now())
    windows = SendWindow.objects.filter(newsletter_settings=profile, period=period)
    window, is_new = windows.select_for_update().get_or_create(
        newsletter_settings=profile, period=period, starts_at=start
    )
    if is_new:
        windows.filter(starts_at__lt=start).delete()
    return window


def _start(period: str, now: datetime) -> datetime:
    epoch = datetime.fromtimestamp(0, now.tzinfo)
    return now - (now - epoch) % _LENGTH[SendWindow.Period(period)]
