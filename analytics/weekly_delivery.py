"""Queue the weekly emails. `outbox` sends them."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from analytics.models import WeeklyEmail, WeeklyEmailSetting
from analytics.reports.scope import may_see_reports
from analytics.weekly import build_message
from pagecache.invalidation import CacheScope, invalidate_only

# Local time on Mondays. Later in the week, a worker that was stopped catches up.
HOUR = 7


def queue_weekly_emails() -> int:
    """Queue this week's email for every user who has not got it. Return their number."""
    now = timezone.localtime()
    monday = now.date() - timedelta(days=now.weekday())
    if now.date() == monday and now.hour < HOUR:
        return 0
    off = WeeklyEmailSetting.objects.filter(is_on=False).values("user")
    handled = WeeklyEmail.objects.filter(monday=monday).values("user")
    users = User.objects.filter(is_active=True, is_staff=True, joined_at__date__lt=monday)
    queued = 0
    with invalidate_only(CacheScope.NONE):
        for user in users.exclude(pk__in=off).exclude(pk__in=handled).order_by("pk"):
            if may_see_reports(user):
                queued += _queue(user, monday)
    return queued


def _queue(user: User, monday: date) -> int:
    """Store what the email says. Without anything to say, the row only records that."""
    message = build_message(user, monday)
    values = {"subject": message.subject[:200], "body": message.body} if message else {}
    try:
        with transaction.atomic():
            WeeklyEmail.objects.create(
                user=user, monday=monday, next_attempt_at=timezone.now() if message else None, **values
            )
    except IntegrityError:  # another worker was faster
        return 0
    return int(message is not None)


def delete_old_weekly_emails() -> int:
    """Delete the rows of past weeks, which only prevent a second email. Return how many were deleted."""
    with invalidate_only(CacheScope.NONE):
        old = timezone.localdate() - timedelta(days=28)
        return WeeklyEmail.objects.filter(monday__lt=old).delete()[0]
