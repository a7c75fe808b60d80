"""What the weekly email says about references."""

from analytics import weekly
from analytics.reports.scope import Scope
from analytics.weekly import Item, Section
from evidence.models import Source
from siteinfo.urls import admin_url


def problems(scope: Scope) -> Section | None:
    """Return cited works that were retracted, and those whose DOI has no page."""
    if not scope.user.has_perm("evidence.view_source"):
        return None
    found = Source.objects.with_problem().order_by("pk")
    items = [
        Item(f"{'Retracted' if source.retraction else 'The DOI has no page'}: {source}", admin_url(source))
        for source in found
    ]
    return Section("References to look at", items)


def register() -> None:
    """Add the references to the weekly email."""
    weekly.register(problems, order=10)
