"""The newsletter's panel on the admin dashboard. The number of queries does not depend on the size of the list."""

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.db.models.functions import TruncWeek
from django.utils import timezone

from newsletter.models import Campaign, ConsentEvent, Delivery, Subscriber, Suppression

WEEKS = 12
MAX_CAMPAIGNS = 20
# In percent. Email providers expect complaint rates below the first value and block senders above the second.
COMPLAINT_RATE_WARNING, COMPLAINT_RATE_BLOCKED = 0.1, 0.3
# In percent. A higher bounce rate means that the list is poorly maintained.
BOUNCE_RATE_WARNING = 2.0
_EVENT = ConsentEvent.Kind
_LEFT = (_EVENT.UNSUBSCRIBED, _EVENT.BOUNCED, _EVENT.COMPLAINED, _EVENT.ERASED)
_STATUS = Campaign.Status
_IN_PROGRESS = (_STATUS.PREPARING, _STATUS.SENDING, _STATUS.PAUSED)
_CAMPAIGN_FIELDS = ("pk", "subject", "status", "scheduled_at", "started_at", "pause_reason", "total")
# Size of the chart, in SVG units: a bar up for those who joined, a bar down for those who left.
_BAR_WIDTH, _CHART_HEIGHT = 40, 120


class Week(NamedTuple):
    """Subscribers who joined and left in the week starting on `monday`, and the two bars of the chart."""

    monday: date
    joined: int
    left: int
    x: int
    joined_y: int
    joined_height: int
    left_height: int


class Rate(NamedTuple):
    """A share of a campaign's emails in percent, and its level: "fine", "warn" or "stop"."""

    percent: float
    level: str


def overview() -> dict[str, Any]:
    """Return the template context of the panel."""
    subscriber_counts = dict(Subscriber.objects.order_by().values_list("status").annotate(Count("pk")))
    campaigns = Campaign.objects.exclude(kind=Campaign.Kind.SEQUENCE).only(*_CAMPAIGN_FIELDS)
    upcoming = list(
        campaigns.filter(status__in=(*_IN_PROGRESS, _STATUS.SCHEDULED)).order_by("scheduled_at", "pk")[:MAX_CAMPAIGNS]
    )
    last = campaigns.filter(started_at__isnull=False).order_by("-started_at").first()
    weeks, axis_y = weekly_changes()
    return {
        "active_count": subscriber_counts.get(Subscriber.Status.ACTIVE, 0),
        "pending_count": subscriber_counts.get(Subscriber.Status.PENDING, 0),
        "suppressed_count": Suppression.objects.count(),
        "weeks": weeks,
        "axis_y": axis_y,
        "in_progress": [campaign for campaign in upcoming if campaign.status in _IN_PROGRESS],
        "next": next((campaign for campaign in upcoming if campaign.status == _STATUS.SCHEDULED), None),
        "last": last,
        **(_rates(last) if last else {}),
    }


def weekly_changes() -> tuple[list[Week], int]:
    """Return who joined and left in each of the last twelve weeks, and the y coordinate of the chart's axis."""
    today = timezone.localdate()
    first_monday = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    counts = _count_by_week(first_monday)
    max_joined = max((joined for joined, _ in counts.values()), default=0)
    max_left = max((left for _, left in counts.values()), default=0)
    scale = _CHART_HEIGHT / max(max_joined + max_left, 1)
    axis_y = round(scale * max_joined)
    weeks = []
    for index in range(WEEKS):
        monday = first_monday + timedelta(weeks=index)
        joined, left = counts.get(monday, (0, 0))
        joined_height = round(scale * joined)
        weeks.append(
            Week(
                monday=monday,
                joined=joined,
                left=left,
                x=index * _BAR_WIDTH,
                joined_y=axis_y - joined_height,
                joined_height=joined_height,
                left_height=round(scale * left),
            )
        )
    return weeks, axis_y


def _count_by_week(first_monday: date) -> dict[date, tuple[int, int]]:
    """Return the numbers of those who joined and who left, by the Monday of the week."""
    since = timezone.make_aware(datetime.combine(first_monday, time.min))
    rows = (
        ConsentEvent.objects.filter(occurred_at__gte=since, kind__in=(_EVENT.CONFIRMED, *_LEFT))
        .order_by()
        .annotate(week=TruncWeek("occurred_at"))
        .values_list("week")
        .annotate(joined=Count("pk", filter=Q(kind=_EVENT.CONFIRMED)), left=Count("pk", filter=Q(kind__in=_LEFT)))
    )
    return {timezone.localdate(week): (joined, left) for week, joined, left in rows}


def _rates(campaign: Campaign) -> dict[str, Rate | None]:
    """Return the bounce and complaint rates that the email provider reported for `campaign`."""
    counts = Delivery.objects.filter(campaign=campaign, status=Delivery.Status.SENT).aggregate(
        sent=Count("pk"),
        bounced=Count("pk", filter=Q(bounced_at__isnull=False)),
        complained=Count("pk", filter=Q(complained_at__isnull=False)),
    )
    if not counts["sent"]:
        return {"bounce_rate": None, "complaint_rate": None}
    bounces, complaints = (100 * counts[name] / counts["sent"] for name in ("bounced", "complained"))
    return {
        "bounce_rate": Rate(bounces, "warn" if bounces >= BOUNCE_RATE_WARNING else "fine"),
        "complaint_rate": Rate(complaints, _complaint_level(complaints)),
    }


def _complaint_level(percent: float) -> str:
    if percent >= COMPLAINT_RATE_BLOCKED:
        return "stop"
    if percent >= COMPLAINT_RATE_WARNING:
        return "warn"
    return "fine"
