"""Compute the bars of a chart by day, which a template draws as SVG."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

WIDTH, HEIGHT = 720, 180
GAP = 2


class Bar(NamedTuple):
    """The bar of a day, in SVG units from the top left corner."""

    day: date
    amount: Decimal
    x: float
    y: float
    width: float
    height: float


def daily_bars(amounts: Mapping[date, Decimal | int], last: date, days: int) -> list[Bar]:
    """Return a bar for each of the `days` up to `last`. Negative amounts get a bar of height 0."""
    shown = [last - timedelta(days=days - 1 - number) for number in range(days)]
    highest = max(Decimal(amounts.get(day, 0)) for day in shown)
    step = WIDTH / days
    bars = []
    for number, day in enumerate(shown):
        amount = Decimal(amounts.get(day, 0))
        height = float(max(amount, Decimal(0)) / highest) * HEIGHT if highest > 0 else 0.0
        width = round(step - GAP, 1)
        bars.append(Bar(day, amount, round(number * step, 1), round(HEIGHT - height, 1), width, round(height, 1)))
    return bars
