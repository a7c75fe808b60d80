"""What visitors searched for on the site."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Sum
from django.urls import reverse

from analytics.models import OTHER, SearchCount
from analytics.reports.scope import Period, Scope
from analytics.reports.tables import MAX_ROWS, Row, Table


def without_results(scope: Scope) -> Table:
    """Return the searches that found nothing."""
    rows = [_row(words, (empty, count)) for words, count, empty in searches(scope.period, only_empty=True)[:MAX_ROWS]]
    note = "Each is an idea for a post, or a word to add to the keywords of one."
    columns = ("Words", "Found nothing", "Searches")
    return Table("Searches without results", columns, rows, "Every search found something.", note)


def most_frequent(scope: Scope) -> Table:
    """Return the most frequent searches."""
    rows = [_row(words, (count, empty)) for words, count, empty in searches(scope.period)[:MAX_ROWS]]
    columns = ("Words", "Searches", "Found nothing")
    return Table("Most frequent searches", columns, rows, "Nobody searched in this period.")


def searches(period: Period, *, only_empty: bool = False) -> list[tuple[str, int, int]]:
    """Return words, searches, and searches without results, most frequent first."""
    rows: Any = SearchCount.objects.filter(period.q).order_by().values_list("words")
    rows = rows.annotate(total=Sum("count"), empty=Sum("without_results"))
    if only_empty:
        rows = rows.filter(empty__gt=0).exclude(words=OTHER).order_by("-empty", "words")
    else:
        rows = rows.order_by("-total", "words")
    return list(rows[: 10 * MAX_ROWS])


def _row(words: str, values: tuple[object, ...]) -> Row:
    if words == OTHER:
        return Row("Other words", "", values)
    return Row(words, f"{reverse('search')}?{urlencode({'q': words})}", values)
