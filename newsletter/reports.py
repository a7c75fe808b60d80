"""Sign-ups by page and form, for the reports of the admin."""

from django.db.models import Count, Exists, OuterRef, Q

from analytics.reports import tables
from analytics.reports.scope import Scope, paths_of
from analytics.reports.tables import MAX_ROWS, Row, Table
from newsletter.models import ConsentEvent

FORMS = {
    "footer": "Footer",
    "sidebar": "Sidebar",
    "post": "After a post",
    "text": "In a text",
    "home": "Home page",
    "page": "Sign-up page",
}


def sign_ups(scope: Scope) -> Table:
    """Return how many people signed up on each page with each form, and how many of them confirmed."""
    period = scope.period
    asked = ConsentEvent.objects.filter(
        kind=ConsentEvent.Kind.REQUESTED, occurred_at__date__gte=period.first, occurred_at__date__lte=period.last
    )
    confirmed = ConsentEvent.objects.filter(
        kind=ConsentEvent.Kind.CONFIRMED, email_hash=OuterRef("email_hash"), occurred_at__gte=OuterRef("occurred_at")
    )
    if not scope.is_whole_site:
        asked = asked.filter(page_path__in=paths_of(scope))
    rows = asked.annotate(is_confirmed=Exists(confirmed)).order_by().values_list("page_path", "form")
    counted = rows.annotate(total=Count("pk"), confirmed=Count("pk", filter=Q(is_confirmed=True)))
    lines = [
        Row(path or "Unknown page", path, (FORMS.get(form, form), total, count))
        for path, form, total, count in counted.order_by("-confirmed", "-total", "page_path")[:MAX_ROWS]
    ]
    columns = ("Page", "Form", "Signed up", "Confirmed")
    return Table("Newsletter sign-ups", columns, lines, "Nobody signed up in this period.")


def register() -> None:
    """Add the table to the reports."""
    for report in ("results", "document"):
        tables.register(report, "sign-ups", sign_ups, is_by_document=True)
