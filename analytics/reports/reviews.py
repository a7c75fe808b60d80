"""Medical reviews that are due."""

from analytics.reports.scope import Scope
from analytics.reports.tables import MAX_ROWS, Row, Table
from publishing.review_queue import DueReview, due_reviews
from siteinfo.local_time import format_date
from siteinfo.urls import admin_url


def reviews_due(scope: Scope) -> Table:
    """Return the texts whose review is due now or within a month, most urgent first."""
    rows = [
        Row(
            str(due.document),
            admin_url(due.document, "review"),
            (format_date(due.reviewed_on), format_date(due.due_on), _state(due)),
        )
        for due in due_reviews(scope.user)
        if scope.includes(str(due.document._meta.model_name), due.document.pk)
    ]
    columns = ("Text", "Reviewed on", "Due on", "State")
    return Table("Medical reviews due", columns, rows[:MAX_ROWS], "No review is due.")


def _state(due: DueReview) -> str:
    if due.is_overdue:
        return "Overdue"
    return "Changed since its review" if due.is_changed else "Due soon"
