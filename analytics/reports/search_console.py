"""The latest report of Google Search Console, by post and page."""

from django.db.models import F, Sum

from analytics.models import SearchConsolePage, SearchConsoleReport
from analytics.reports.scope import Scope, load_documents
from analytics.reports.tables import MAX_ROWS, Row, Table


def pages(scope: Scope) -> Table | None:
    """Return clicks and impressions in Google's results. The rows add up to the totals of the file."""
    report = SearchConsoleReport.objects.first()
    if report is None:
        return None
    lines = SearchConsolePage.objects.filter(scope.pages(prefix=""), report=report).order_by()
    sums = lines.values("kind", "document_id").annotate(
        total_clicks=Sum("clicks"), total_impressions=Sum("impressions"), weighted=Sum(F("position") * F("impressions"))
    )
    found = sorted(sums, key=lambda row: (-row["total_clicks"], -row["total_impressions"], str(row["document_id"])))
    documents = load_documents((row["kind"], row["document_id"]) for row in found if row["document_id"])
    rows: list[Row] = []
    rest = [0, 0]
    for row in found:
        document = documents.get((row["kind"], row["document_id"] or 0))
        clicks, impressions = row["total_clicks"], row["total_impressions"]
        if document is None or len(rows) >= MAX_ROWS:
            rest = [rest[0] + clicks, rest[1] + impressions]
            continue
        position = f"{row['weighted'] / impressions:.1f}" if impressions and row["weighted"] is not None else ""
        rows.append(
            Row(str(document), document.get_absolute_url(), (clicks, impressions, _rate(clicks, impressions), position))
        )
    if any(rest):
        rows.append(Row("Other URLs", "", (*rest, _rate(*rest), "")))
    if scope.is_whole_site:
        total = [sum(row["total_clicks"] for row in found), sum(row["total_impressions"] for row in found)]
        rows.append(Row("Total", "", (*total, _rate(*total), "")))
    note = f"From the file about {report.first_day:%B %-d, %Y} to {report.last_day:%B %-d, %Y}."
    columns = ("Page", "Clicks", "Impressions", "Click rate", "Position")
    return Table("Google Search Console", columns, rows, "Google showed none of these pages.", note)


def _rate(clicks: int, impressions: int) -> str:
    return f"{100 * clicks / impressions:.1f}%" if impressions else ""
