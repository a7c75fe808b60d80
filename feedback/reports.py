"""Answers to "Was this helpful?" by post, for the reports of the admin, and suggestions for the weekly email."""

from django.db.models import Sum

from analytics import weekly
from analytics.reports import tables
from analytics.reports.scope import Scope, load_documents
from analytics.reports.tables import MAX_ROWS, Row, Table
from analytics.weekly import Item, Section
from feedback.models import HelpfulCount, Helpfulness, Suggestion
from siteinfo.urls import admin_url


def helpful_votes(scope: Scope) -> Table:
    """Return the answers by post, those with the most answers first."""
    rows = HelpfulCount.objects.filter(scope.period.q, scope.rows_of("post", "post")).order_by().values_list("post")
    counts = {pk: (yes, no) for pk, yes, no in rows.annotate(sum_yes=Sum("yes"), sum_no=Sum("no"))}
    documents = load_documents(("post", pk) for pk in counts)
    lines = [
        Row(str(documents.get(("post", pk), "")), "", (yes, no, str(Helpfulness(yes, yes + no))))
        for pk, (yes, no) in sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0]))
    ]
    columns = ("Post", "Yes", "No", "Helpful")
    return Table("“Was this helpful?”", columns, lines[:MAX_ROWS], "No answers in this period.")


def new_suggestions(scope: Scope) -> Section | None:
    """Return the suggestions that nobody has answered."""
    if not scope.user.has_perm("feedback.change_suggestion"):
        return None
    waiting = Suggestion.objects.filter(status=Suggestion.Status.NEW).select_related("post").order_by("created_at")
    return Section(
        "Suggestions from readers", [Item(f"“{each}” for “{each.post}”", admin_url(each)) for each in waiting]
    )


def register() -> None:
    """Add the table to the reports, and the suggestions to the weekly email."""
    for report in ("results", "document"):
        tables.register(report, "helpful", helpful_votes, is_by_document=True)
    weekly.register(new_suggestions, order=40)
