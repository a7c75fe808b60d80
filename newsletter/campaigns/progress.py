"""Progress of a campaign: deliveries by status, sending speed and estimated end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format

from newsletter.delivery.rate_limit import PERIOD_LENGTHS
from newsletter.models import Campaign, Delivery, NewsletterSettings, SendWindow
from newsletter.models.deliveries import OPEN_STATUSES

# The speed is an average over this time, so that one slow minute does not distort it.
SPEED_WINDOW = timedelta(minutes=5)
# No speed is shown before sending has taken this long.
MIN_SPEED_WINDOW = timedelta(seconds=10)
# Limits that need less time than this do not affect the estimate.
MIN_LIMITED_DURATION = timedelta(hours=1)
# Width of the progress bar, in SVG units.
BAR_WIDTH = 1000
_STATUS = Delivery.Status
# From done to not started: the order in the progress bar.
_STATUS_ORDER = (
    _STATUS.SENT,
    _STATUS.SKIPPED,
    _STATUS.FAILED,
    _STATUS.UNCERTAIN,
    _STATUS.DEFERRED,
    _STATUS.CLAIMED,
    _STATUS.PENDING,
)
_NOT_ATTEMPTED = (_STATUS.PENDING, _STATUS.DEFERRED)


@dataclass(frozen=True, slots=True)
class StatusCount:
    """The number of deliveries with one status, and its segment of the progress bar in SVG units."""

    status: str
    label: str
    count: int
    x: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a campaign. `counts` contains every status, so its counts add up to `total`."""

    counts: list[StatusCount]
    total: int
    open: int
    delivered: int
    bounced: int
    complained: int
    per_minute: int
    ends_at: datetime | None
    limit_notice: str

    @property
    def sent(self) -> int:
        """Number of emails sent."""
        return self._count(_STATUS.SENT)

    @property
    def failed(self) -> int:
        """Number of emails that failed permanently."""
        return self._count(_STATUS.FAILED)

    @property
    def uncertain(self) -> int:
        """Number of emails that may or may not have been sent."""
        return self._count(_STATUS.UNCERTAIN)

    @property
    def ends_at_text(self) -> str:
        """The estimated end in the site's time zone; "" if unknown."""
        if self.ends_at is None:
            return ""
        ends_at = timezone.localtime(self.ends_at)
        is_today = ends_at.date() == timezone.localdate()
        return date_format(ends_at, "g:i A" if is_today else "l, g:i A")

    @property
    def percent(self) -> int:
        """The share of deliveries with a final status, rounded down."""
        return 100 * (self.total - self.open) // self.total if self.total else 0

    def _count(self, status: str) -> int:
        return next(each.count for each in self.counts if each.status == status)


def get_progress(campaign: Campaign) -> Progress:
    """Return the current progress of `campaign`."""
    now = timezone.now()
    since = max(now - SPEED_WINDOW, campaign.started_at or now)
    counts = campaign.deliveries.count_by_status()
    events = campaign.deliveries.filter(status=_STATUS.SENT).aggregate(
        delivered=Count("pk", filter=Q(delivered_at__isnull=False)),
        bounced=Count("pk", filter=Q(bounced_at__isnull=False)),
        complained=Count("pk", filter=Q(complained_at__isnull=False)),
        recent=Count("pk", filter=Q(sent_at__gt=since)),
    )
    per_minute = _speed(events.pop("recent"), now - since)
    waiting = counts[_STATUS.PENDING] + counts[_STATUS.CLAIMED]
    ends_at, limit_notice = None, ""
    if waiting and campaign.status == Campaign.Status.SENDING:
        newsletter_settings = NewsletterSettings.load()
        ends_at = _estimate_end(waiting, per_minute, newsletter_settings)
        limit_notice = _limit_notice(newsletter_settings) if newsletter_settings.pk else ""
    return Progress(
        counts=_bar_segments(campaign, counts),
        total=sum(counts.values()),
        open=sum(counts[status] for status in OPEN_STATUSES),
        **events,
        per_minute=per_minute,
        ends_at=ends_at,
        limit_notice=limit_notice,
    )


def estimate_duration(emails: int, newsletter_settings: NewsletterSettings) -> timedelta | None:
    """Return how long the rate limits make sending take; None without limits."""
    limits = newsletter_settings.rate_limits().items()
    durations = [PERIOD_LENGTHS[SendWindow.Period(period)] * -(-emails // limit) for period, limit in limits if limit]
    return max(durations, default=None)


def format_duration(duration: timedelta) -> str:
    """Return `duration` rounded for reading, such as "about 4 hours"."""
    minutes = max(1, round(duration.total_seconds() / 60))
    # From two of a unit on, so that 90 minutes do not become 2 hours.
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size:
            return f"about {round(minutes / size)} {unit}s"
    return f"about {minutes} minute{'' if minutes == 1 else 's'}"


def _speed(sent: int, elapsed: timedelta) -> int:
    """Return the number of emails per minute."""
    return round(sent / (elapsed / timedelta(minutes=1))) if elapsed >= MIN_SPEED_WINDOW else 0


def _bar_segments(campaign: Campaign, counts: dict[str, int]) -> list[StatusCount]:
    total = sum(counts.values())
    is_cancelled = campaign.status == Campaign.Status.CANCELLED
    segments = []
    x = cumulated = 0
    for status in _STATUS_ORDER:
        cumulated += counts[status]
        end = BAR_WIDTH * cumulated // total if total else 0
        label = "Not sent: cancelled" if is_cancelled and status in _NOT_ATTEMPTED else str(status.label)
        segments.append(StatusCount(status.value, label, counts[status], x, end - x))
        x = end
    return segments


def _estimate_end(waiting: int, per_minute: int, newsletter_settings: NewsletterSettings) -> datetime | None:
    """Estimate the end from the speed and from the rate limits, whichever is later."""
    durations = [timedelta(minutes=waiting / per_minute)] if per_minute else []
    limited = estimate_duration(waiting, newsletter_settings)
    if limited and limited > MIN_LIMITED_DURATION:
        durations.append(limited)
    return timezone.now() + max(durations) if durations else None


def _limit_notice(newsletter_settings: NewsletterSettings) -> str:
    """Explain which rate limit is used up, and until when; "" if none is."""
    for period, limit in reversed(newsletter_settings.rate_limits().items()):
        if period == SendWindow.Period.SECOND:
            # It is over before anyone reads about it.
            continue
        length = PERIOD_LENGTHS[SendWindow.Period(period)]
        used_up = newsletter_settings.send_windows.filter(
            period=period, count__gte=limit, starts_at__gt=timezone.now() - length
        )
        if window := used_up.first():
            resumes_at = date_format(timezone.localtime(window.starts_at + length), "g:i A")
            return f"The limit of {limit:,} emails per {period} is used up. Sending resumes at {resumes_at}."
    return ""
