"""Core Web Vitals of real visitors."""

from collections import defaultdict

from django.db.models import Sum

from analytics.models import VitalCount
from analytics.reports.scope import Period, Scope
from analytics.reports.tables import Row, Table
from analytics.web_vitals import METRICS, Metric, percentile, rating

KINDS = {
    "post": "Posts",
    "page": "Pages",
    "exercise": "Exercises",
    "home": "Home page",
    "list": "Lists",
    "shop": "Shop",
    "search": "Search",
}


def core_web_vitals(scope: Scope) -> Table:
    """Return for each metric and kind of page the value that three of four views stay below."""
    counts = _histograms(scope.period)
    rows = []
    for metric in METRICS.values():
        for kind, label in KINDS.items():
            histogram = counts.get((kind, metric.name), {})
            value = percentile(metric, histogram)
            if value is not None:
                numbers = (format_value(metric, value), rating(metric, value), sum(histogram.values()))
                rows.append(Row(f"{metric.label} ({metric.name}), {label.lower()}", "", numbers))
    note = (
        "Three of four views were at least this fast. Search engines rate up to 2.5 s (LCP), 200 ms (INP) and 0.1 (CLS)"
        " as good. Values are estimated from a histogram and are accurate to a tenth."
    )
    columns = ("Metric and kind of page", "75th percentile", "Rating", "Views measured")
    return Table("Speed for visitors (Core Web Vitals)", columns, rows, "Nothing measured in this period.", note)


def _histograms(period: Period) -> dict[tuple[str, str], dict[int, int]]:
    counts: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    rows = VitalCount.objects.filter(period.q).order_by().values_list("kind", "metric", "bucket")
    for kind, metric, bucket, count in rows.annotate(total=Sum("count")):
        counts[kind, metric][bucket] = count
    return dict(counts)


def format_value(metric: Metric, value: float) -> str:
    """Return a value as people read it."""
    if not metric.unit:
        return f"{value:.2f}"
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms"
