"""Histograms of the Core Web Vitals of real visitors, and the value that three quarters of the views stay below.

A histogram needs a bounded number of rows, whatever the number of visitors. Each bar is 10 % wider than the one
before, so a percentile is off by less than that.
"""

from collections.abc import Mapping
from math import expm1, floor, log, log1p
from typing import NamedTuple

_STEP = log(1.1)
# Of the largest value that is believed, in units.
MAX_UNITS = 600_000


class Metric(NamedTuple):
    """A Core Web Vital. A good value is at most `good`, a poor one above `poor` (web.dev/articles/vitals)."""

    name: str
    label: str
    good: float
    poor: float
    unit: str
    scale: int  # units per stored one: milliseconds, or ten thousandths of CLS


METRICS = {
    metric.name: metric
    for metric in (
        Metric("LCP", "Main content visible", 2500, 4000, "ms", 1),
        Metric("INP", "Response to a click or key", 200, 500, "ms", 1),
        Metric("CLS", "Movement of the layout", 0.1, 0.25, "", 10_000),
    )
}


def bucket_of(metric: Metric, value: float) -> int:
    """Return the number of the bar for `value`."""
    return floor(log1p(min(max(value, 0) * metric.scale, MAX_UNITS)) / _STEP)


def percentile(metric: Metric, counts: Mapping[int, int], share: float = 0.75) -> float | None:
    """Return the value that `share` of the views do not exceed, estimated within its bar. None without views."""
    remaining = share * sum(counts.values())
    for bucket, count in sorted(counts.items()):
        if count and remaining <= count:
            return expm1((bucket + remaining / count) * _STEP) / metric.scale
        remaining -= count
    return None


def rating(metric: Metric, value: float) -> str:
    """Return how search engines rate `value`."""
    if value <= metric.good:
        return "Good"
    return "Needs improvement" if value <= metric.poor else "Poor"
