"""The newsletter at a glance, for the desk's start page. The same few queries for a short list and a long one."""

from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.db.models.functions import TruncWeek
from django.utils import timezone

from newsletter.models import Campaign, ConsentEvent, Delivery, Subscriber, Suppression

WEEKS = 12
# Mail providers want complaints below the first, and block senders above the second (in percent).
COMPLAINTS_FINE, COMPLAINTS_BLOCKED = 0.1, 0.3
# From so many returned mails on, a list is badly kept.
BOUNCES_FINE = 2.0
_KIND = ConsentEvent.Kind
_JOINED = (_KIND.CONFIRMED,)
_LEFT = (_KIND.UNSUBSCRIBED, _KIND.BOUNCED, _KIND.COMPLAINED, _KIND.ERASED)
_STATUS = Campaign.Status
_SHOWN = ("pk", "subject", "status", "scheduled_at", "started_at", "pause_reason", "total")
# The chart: a bar up for those who joined, one down for those who left.
_BAR_WIDTH, _HEIGHT = 40, 120


class Week(NamedTuple):
    """Who came and went in a week that began on `day`, and the two bars for it: where they begin and how high."""

    day: Any
    joined: int
    left: int
    x: int
    top: int
    up: int
    down: int


class Share(NamedTuple):
    """A share of a campaign's mails in percent, and whether it is "fine", "warn" or "stop"."""

    percent: float
    level: str


def overview() -> dict[str, Any]:
    """What the start page says of the list and its campaigns. Six queries."""
    people = dict(Subscriber.objects.order_by().values_list("status").annotate(Count("pk")))
    campaigns = Campaign.objects.only(*_SHOWN)
    under_way = (_STATUS.PREPARING, _STATUS.SENDING, _STATUS.PAUSED)
    live = list(campaigns.filter(status__in=(*under_way, _STATUS.SCHEDULED)).order_by("scheduled_at", "pk")[:20])
    last = campaigns.filter(started_at__isnull=False).order_by("-started_at").first()
    return {
        "on_list": people.get(Subscriber.Status.ACTIVE, 0),
        "pending": people.get(Subscriber.Status.PENDING, 0),
        "suppressed": Suppression.objects.count(),
        **dict(zip(("weeks", "axis"), weeks(), strict=True)),
        "under_way": [campaign for campaign in live if campaign.status in under_way],
        "next": next((campaign for campaign in live if campaign.status == _STATUS.SCHEDULED), None),
        "last": last,
        **(_shares(last) if last else {}),
    }


def weeks() -> tuple[list[Week], int]:
    """Joined and left, week by week, this one last; and where the line between the two is. One query."""
    today = timezone.localdate()
    first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    since = timezone.make_aware(datetime.combine(first, time.min))
    found = (
        ConsentEvent.objects.filter(at__gte=since, kind__in=(*_JOINED, *_LEFT))
        .order_by()
        .annotate(week=TruncWeek("at"))
        .values_list("week")
        .annotate(joined=Count("pk", filter=Q(kind__in=_JOINED)), left=Count("pk", filter=Q(kind__in=_LEFT)))
    )
    numbers = {timezone.localdate(week): (joined, left) for week, joined, left in found}
    most_joined, most_left = (max((pair[side] for pair in numbers.values()), default=0) for side in (0, 1))
    unit = _HEIGHT / max(most_joined + most_left, 1)
    axis = round(unit * most_joined)
    rows = []
    for number in range(WEEKS):
        day = first + timedelta(weeks=number)
        joined, left = numbers.get(day, (0, 0))
        up = round(unit * joined)
        rows.append(Week(day, joined, left, number * _BAR_WIDTH, axis - up, up, round(unit * left)))
    return rows, axis


def _shares(campaign: Campaign) -> dict[str, Share | None]:
    """How many of its mails came back, and how many were called spam, as far as anybody told."""
    numbers = Delivery.objects.filter(campaign=campaign, status=Delivery.Status.SENT).aggregate(
        sent=Count("pk"),
        bounced=Count("pk", filter=Q(bounced_at__isnull=False)),
        complained=Count("pk", filter=Q(complained_at__isnull=False)),
    )
    if not numbers["sent"]:
        return {"bounces": None, "complaints": None}
    bounces, complaints = (100 * numbers[name] / numbers["sent"] for name in ("bounced", "complained"))
    level = "stop" if complaints >= COMPLAINTS_BLOCKED else "warn" if complaints >= COMPLAINTS_FINE else "fine"
    return {
        "bounces": Share(bounces, "warn" if bounces >= BOUNCES_FINE else "fine"),
        "complaints": Share(complaints, level),
    }
