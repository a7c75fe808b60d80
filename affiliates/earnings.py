"""Earnings from program reports, attributed to posts and links by our own click counts.

A program reports what was bought, but not which post the buyer came from. We count clicks by link and post without
identifying visitors. So each earning is divided in proportion to the clicks of the previous week: the clicks on the
reported link if the report names one, otherwise those on all links of the program. The shares add up to the cent.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet, Sum

from affiliates.models import ClickCount, Earning, Link
from blog.models import Post

CLICK_WINDOW = timedelta(days=7)
CENT = Decimal("0.01")


class Source(NamedTuple):
    """Where an earning came from: a post, another page (0) or unknown (None), and the link if known."""

    post: int | None
    link: int | None


type Shares = dict[Source, Decimal]


def total_by_day(earnings: QuerySet[Earning]) -> dict[date, Decimal]:
    """Return the earnings of each day, in order."""
    rows = earnings.order_by("day").values_list("day").annotate(total=Sum("amount"))
    # SQLite sums in floating point.
    return {day: total.quantize(CENT) for day, total in rows}


def total_by_month(earnings: QuerySet[Earning]) -> dict[date, Decimal]:
    """Return the earnings of each month, keyed by its first day, newest first."""
    totals: defaultdict[date, Decimal] = defaultdict(Decimal)
    for day, total in total_by_day(earnings).items():
        totals[day.replace(day=1)] += total
    return dict(sorted(totals.items(), reverse=True))


def attribute_earnings(earnings: QuerySet[Earning]) -> Shares:
    """Attribute `earnings` to posts and links. The shares add up to the total, to the cent."""
    rows = list(earnings.values_list("program", "link", "day").annotate(total=Sum("amount")).order_by("day"))
    if not rows:
        return {}
    clicks: defaultdict[int, list[tuple[date, Source, int]]] = defaultdict(list)
    counted = ClickCount.objects.filter(day__gt=rows[0][2] - CLICK_WINDOW, day__lte=rows[-1][2]).order_by("pk")
    for program, link, post, day, count in counted.values_list("link__program", "link", "post", "day", "count"):
        clicks[program].append((day, Source(post, link), count))
    shares: defaultdict[Source, Decimal] = defaultdict(Decimal)
    for program, link, day, amount in rows:
        recent = [(source, count) for when, source, count in clicks[program] if day - CLICK_WINDOW < when <= day]
        on_link = [(source, count) for source, count in recent if source.link == link]
        for source, share in _split(amount.quantize(CENT), on_link or recent, Source(None, link)):
            shares[source] += share
    return dict(shares)


def _split(amount: Decimal, clicks: Iterable[tuple[Source, int]], fallback: Source) -> list[tuple[Source, Decimal]]:
    """Divide `amount` in proportion to `clicks`, or return all of it for `fallback` if there are none.

    The rounding difference goes to the source with the most clicks.
    """
    counts: defaultdict[Source, int] = defaultdict(int)
    for source, count in clicks:
        counts[source] += count
    if not counts:
        return [(fallback, amount)]
    total = sum(counts.values())
    shares = {source: (amount * count / total).quantize(CENT) for source, count in counts.items()}
    most = max(counts, key=lambda source: counts[source])
    shares[most] += amount - sum(shares.values())
    return list(shares.items())


class ReportLine(NamedTuple):
    """A line of the earnings report by post or link."""

    name: str
    url: str
    clicks: int
    amount: Decimal


def report_by_post(shares: Shares, clicks: dict[int, int]) -> list[ReportLine]:
    """Return the earnings and clicks by post, highest first, including other pages and unknown sources."""
    totals: defaultdict[int | None, Decimal] = defaultdict(Decimal)
    for source, amount in shares.items():
        totals[source.post] += amount
    posts = Post.objects.only("title", "slug").in_bulk([key for key in {*totals, *clicks} if key])
    others = {None: "Unknown: no click in the previous week", 0: "Shop page, other pages and feeds"}
    lines = []
    for key in {*totals, *clicks}:
        post = posts.get(key) if key else None
        name = post.title if post else others.get(key, "Deleted post")
        click_count = 0 if key is None else clicks.get(key, 0)
        lines.append(ReportLine(name, post.get_absolute_url() if post else "", click_count, totals[key]))
    return sorted(lines, key=lambda line: (-line.amount, -line.clicks, line.name))


def report_by_link(shares: Shares, clicks: dict[int, int]) -> list[ReportLine]:
    """Return the earnings and clicks by link, highest first."""
    totals: defaultdict[int | None, Decimal] = defaultdict(Decimal)
    for source, amount in shares.items():
        totals[source.link] += amount
    links = Link.objects.in_bulk([key for key in {*totals, *clicks} if key])
    lines = [
        ReportLine(
            str(links[key]) if key else "Not an affiliate link on this site", "", clicks.get(key or 0, 0), totals[key]
        )
        for key in {*totals, *clicks}
    ]
    return sorted(lines, key=lambda line: (-line.amount, -line.clicks, line.name))
