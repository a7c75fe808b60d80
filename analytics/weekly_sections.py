"""What the weekly email says about visits and searches."""

from django.urls import reverse

from analytics.reports import searches, visits
from analytics.reports.scope import Scope
from analytics.weekly import MAX_ITEMS, Item, Section

# Searched once, it may be a typing error.
MIN_SEARCHES = 2


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, such as "1 view" or "1,234 views"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def empty_searches(scope: Scope) -> Section | None:
    """Return what visitors searched for and did not find."""
    if not scope.is_whole_site:
        return None
    found = searches.searches(scope.period, only_empty=True)
    url = reverse("admin:analytics_report", args=["searches"])
    items = [Item(f"“{words}” ({counted(empty, 'time')})", url) for words, _, empty in found if empty >= MIN_SEARCHES]
    return Section("Searches that found nothing", items, is_task=False, more_url=url)


def falling(scope: Scope) -> Section:
    """Return the posts and pages that lost the most views."""
    rows = visits.falling_pages(scope).rows[:MAX_ITEMS]
    items = [Item(f"{row.name} ({counted(int(str(row.values[0])), 'view')} fewer)", row.url) for row in rows]
    return Section("Read less than the week before", items, is_task=False)


def best(scope: Scope) -> Section:
    """Return what was read most."""
    rows = visits.best_pages(scope).rows[:MAX_ITEMS]
    items = [Item(f"{row.name} ({counted(int(str(row.values[0])), 'view')})", row.url) for row in rows]
    return Section("Most read", items, is_task=False)
