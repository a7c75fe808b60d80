"""What the weekly email says about reviews, visits and searches."""

from datetime import timedelta

from django.urls import reverse

from analytics.reports import searches, visits
from analytics.reports.scope import Scope
from analytics.weekly import MAX_ITEMS, Item, Section
from publishing.review_queue import DueReview, due_reviews
from siteinfo.local_time import format_date
from siteinfo.urls import admin_url

# Searched once, it may be a typing error.
MIN_SEARCHES = 2


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, such as "1 view" or "1,234 views"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def reviews_due(scope: Scope) -> Section:
    """Return the texts that changed after their review, and those with a review that is or will be due this week."""
    end = scope.period.last + timedelta(days=7)
    found = [due for due in due_reviews(scope.user) if due.is_changed or due.due_on <= end]
    items = [Item(_describe_review(due), admin_url(due.document, "review")) for due in found]
    more_url = reverse("admin:publishing_review_due") if scope.user.has_perm("publishing.view_review") else ""
    return Section("Medical reviews due", items, more_url=more_url)


def _describe_review(due: DueReview) -> str:
    if due.is_changed:
        return f"“{due.document}” changed after its review"
    return f"“{due.document}”, due on {format_date(due.due_on)}"


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
