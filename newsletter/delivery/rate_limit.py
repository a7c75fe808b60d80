"""How many mails may go out now. Counted in the database, for all workers together and over every restart."""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from newsletter.models import NewsletterSettings, SendWindow

_LENGTH = {
    SendWindow.Span.SECOND: timedelta(seconds=1),
    SendWindow.Span.HOUR: timedelta(hours=1),
    SendWindow.Span.DAY: timedelta(days=1),
}


class Reservation(NamedTuple):
    """How many mails may go out now, and in which rows they are counted."""

    number: int
    windows: tuple[int, ...] = ()


def reserve(profile: NewsletterSettings, wanted: int) -> Reservation:
    """Count up to `wanted` mails as going out now. Waits for the next second, but for no hour or day: 0 then."""
    limits = profile.limits()
    if not limits:
        return Reservation(wanted)
    while True:
        with transaction.atomic():
            windows = {span: _window(profile, span) for span in limits}
            room = {span: most - windows[span].count for span, most in limits.items()}
            granted = max(0, min(wanted, *room.values()))
            keys = tuple(window.pk for window in windows.values())
            SendWindow.objects.filter(pk__in=keys).update(count=F("count") + granted)
        only_for_now = [span for span, left in room.items() if left <= 0] == [SendWindow.Span.SECOND]
        if granted or not (only_for_now and profile.per_second):
            return Reservation(granted, keys)
        time.sleep(1 - time.time() % 1)


def give_back(reservation: Reservation, unused: int) -> None:
    """Take `unused` mails of `reservation` out again."""
    if unused and reservation.windows:
        SendWindow.objects.filter(pk__in=reservation.windows).update(count=F("count") - unused)


def _window(profile: NewsletterSettings, span: str) -> SendWindow:
    """The row of the window that is now, locked; older ones go when it is made."""
    start = _start(span, timezone.now())
    windows = SendWindow.objects.filter(profile=profile, span=span)
    window, is_new = windows.select_for_update().get_or_create(profile=profile, span=span, starts_at=start)
    if is_new:
        windows.filter(starts_at__lt=start).delete()
    return window


def _start(span: str, now: datetime) -> datetime:
    epoch = datetime.fromtimestamp(0, now.tzinfo)
    return now - (now - epoch) % _LENGTH[SendWindow.Span(span)]
