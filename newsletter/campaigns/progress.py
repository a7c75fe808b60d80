"""How far a campaign is: numbers that add up to all it is for, how fast it goes, and when it may be done."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format

from newsletter.models import Campaign, Delivery, NewsletterSettings, SendWindow

# The pace is that of so long, so that one slow minute does not make it jump.
WATCHED = timedelta(minutes=5)
# Sooner than this after the beginning it says nothing.
LEAST_WATCHED = timedelta(seconds=10)
_SPANS = {"second": timedelta(seconds=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_STATUS = Delivery.Status
# The order in which they stand in the bar, from what is done to what is not.
_ORDER = (
    _STATUS.SENT,
    _STATUS.SKIPPED,
    _STATUS.FAILED,
    _STATUS.UNCERTAIN,
    _STATUS.DEFERRED,
    _STATUS.CLAIMED,
    _STATUS.PENDING,
)
BAR = 1000


class Part(NamedTuple):
    """The mails in one status. `start` and `width` are thousandths of the whole."""

    status: str
    label: str
    number: int
    start: int
    width: int


class Progress(NamedTuple):
    """Where a campaign stands. `parts` hold every status, so their numbers are `total` together."""

    parts: list[Part]
    total: int
    opened: int
    delivered: int
    bounced: int
    complained: int
    per_minute: int
    ends_at: datetime | None
    rest: str

    def number(self, status: str) -> int:
        """How many are in `status`."""
        return next(part.number for part in self.parts if part.status == status)

    @property
    def sent(self) -> int:
        """How many have gone out."""
        return self.number(_STATUS.SENT)

    @property
    def failed(self) -> int:
        """How many were refused for good."""
        return self.number(_STATUS.FAILED)

    @property
    def uncertain(self) -> int:
        """Of how many nobody knows whether they went out."""
        return self.number(_STATUS.UNCERTAIN)

    @property
    def ends_in_words(self) -> str:
        """When it may be done, on the site's own clock; "" if nothing tells."""
        if self.ends_at is None:
            return ""
        ends, today = timezone.localtime(self.ends_at), timezone.localdate()
        return date_format(ends, "H:i" if ends.date() == today else "l, H:i")

    @property
    def percent(self) -> int:
        """The share that has found its end; 100 only when all have."""
        return 100 * (self.total - self.opened) // self.total if self.total else 0


def of(campaign: Campaign) -> Progress:
    """The numbers of `campaign` now. Three queries at most."""
    now = timezone.now()
    since = max(now - WATCHED, campaign.started_at or now)
    census = campaign.deliveries.count_by_status()
    numbers = campaign.deliveries.filter(status=_STATUS.SENT).aggregate(
        delivered=Count("pk", filter=Q(delivered_at__isnull=False)),
        bounced=Count("pk", filter=Q(bounced_at__isnull=False)),
        complained=Count("pk", filter=Q(complained_at__isnull=False)),
        recent=Count("pk", filter=Q(sent_at__gt=since)),
    )
    recent = numbers.pop("recent")
    total, is_live = sum(census.values()), campaign.status == Campaign.Status.SENDING
    opened = sum(
        census[status]
        for status in (
            _STATUS.PENDING,
            _STATUS.CLAIMED,
            _STATUS.DEFERRED,
            _STATUS.UNCERTAIN,
        )
    )
    per_minute = round(recent / ((now - since) / timedelta(minutes=1))) if now - since >= LEAST_WATCHED else 0
    waiting = census[_STATUS.PENDING] + census[_STATUS.CLAIMED]
    profile = NewsletterSettings.load() if is_live else NewsletterSettings()
    ends_at = _end(waiting, per_minute, profile) if is_live and waiting else None
    rest = _rest(profile) if is_live and waiting and profile.pk else ""
    return Progress(
        _parts(campaign, census), total, opened, **numbers, per_minute=per_minute, ends_at=ends_at, rest=rest
    )


def time_needed(number: int, profile: NewsletterSettings) -> timedelta | None:
    """How long the limits make `number` mails last, in whole spans; None without limits."""
    needed = [_SPANS[period] * -(-number // most) for period, most in profile.rate_limits().items() if most]
    return max(needed, default=None)


def in_words(time: timedelta) -> str:
    """A length of time as people say it."""
    minutes = max(1, round(time.total_seconds() / 60))
    for unit, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        # Up to two days and two hours in the smaller unit, which says more.
        if minutes >= 2 * size or size == 1:
            number = round(minutes / size)
            return f"about {number} {unit}{'' if number == 1 else 's'}"
    raise AssertionError


def _parts(campaign: Campaign, census: dict[str, int]) -> list[Part]:
    total, start, before = sum(census.values()), 0, 0
    parts = []
    is_over = campaign.status == Campaign.Status.CANCELLED
    for status in _ORDER:
        before += census[status]
        end = BAR * before // total if total else 0
        waits = status in (_STATUS.PENDING, _STATUS.DEFERRED)
        label = "Not sent: cancelled" if is_over and waits else status.label
        parts.append(Part(status.value, str(label), census[status], start, end - start))
        start = end
    return parts


def _end(waiting: int, per_minute: int, profile: NewsletterSettings) -> datetime | None:
    """When those that wait may have gone out, by the pace and by the limits, whichever is later."""
    times = [timedelta(minutes=waiting / per_minute)] if per_minute else []
    if (limited := time_needed(waiting, profile)) and limited > timedelta(hours=1):
        times.append(limited)
    return timezone.now() + max(times) if times else None


def _rest(profile: NewsletterSettings) -> str:
    """Which limit is used up, and until when; "" if none is."""
    for period, most in reversed(profile.rate_limits().items()):
        if period == "second":
            continue
        spent = SendWindow.objects.filter(
            newsletter_settings=profile, period=period, count__gte=most, starts_at__gt=timezone.now() - _SPANS[period]
        )
        if window := spent.first():
            when = date_format(timezone.localtime(window.starts_at + _SPANS[period]), "H:i")
            article = "an" if period == "hour" else "a"
            return f"Your limit of {most:,} {article} {period} is used up. It goes on at {when}."
    return ""
