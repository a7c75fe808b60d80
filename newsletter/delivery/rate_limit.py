"""Limit how many emails are sent per second, hour and day. Counted in the database, for all workers together."""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from newsletter.models import NewsletterSettings, SendWindow

PERIOD_LENGTHS = {
    SendWindow.Period.SECOND: timedelta(seconds=1),
    SendWindow.Period.HOUR: timedelta(hours=1),
    SendWindow.Period.DAY: timedelta(days=1),
}


class Allowance(NamedTuple):
    """The number of emails that may be sent now, and the windows they are counted in."""

    granted: int
    window_pks: tuple[int, ...] = ()


def reserve(newsletter_settings: NewsletterSettings, wanted: int) -> Allowance:
    """Reserve up to `wanted` emails. Wait if only the limit per second is used up; otherwise grant 0."""
    limits = newsletter_settings.rate_limits()
    if not limits:
        return Allowance(wanted)
    while True:
        with transaction.atomic():
            windows = {period: _current_window(newsletter_settings, period) for period in limits}
            remaining = {period: limit - windows[period].count for period, limit in limits.items()}
            granted = max(0, min(wanted, *remaining.values()))
            window_pks = tuple(window.pk for window in windows.values())
            SendWindow.objects.filter(pk__in=window_pks).update(count=F("count") + granted)
        if granted or not newsletter_settings.max_per_second:
            return Allowance(granted, window_pks)
        used_up = [period for period, count in remaining.items() if count <= 0]
        if used_up != [SendWindow.Period.SECOND]:
            return Allowance(granted, window_pks)
        time.sleep(1 - time.time() % 1)


def release(allowance: Allowance, unused: int) -> None:
    """Return `unused` emails of `allowance`."""
    if unused and allowance.window_pks:
        SendWindow.objects.filter(pk__in=allowance.window_pks).update(count=F("count") - unused)


def _current_window(newsletter_settings: NewsletterSettings, period: str) -> SendWindow:
    """Return the current window, locked. Creating it deletes older ones."""
    start = _window_start(period, timezone.now())
    windows = SendWindow.objects.filter(newsletter_settings=newsletter_settings, period=period)
    window, is_new = windows.select_for_update().get_or_create(
        newsletter_settings=newsletter_settings, period=period, starts_at=start
    )
    if is_new:
        windows.filter(starts_at__lt=start).delete()
    return window


def _window_start(period: str, now: datetime) -> datetime:
    epoch = datetime.fromtimestamp(0, now.tzinfo)
    return now - (now - epoch) % PERIOD_LENGTHS[SendWindow.Period(period)]
