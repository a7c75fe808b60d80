"""Clicks and earnings by post, for the reports of the admin."""

from decimal import Decimal

from django.db.models import Sum

from affiliates.earnings import attribute_earnings
from affiliates.models import ClickCount, Earning, Link
from analytics import weekly
from analytics.reports import tables
from analytics.reports.scope import Scope, load_documents
from analytics.reports.tables import MAX_ROWS, Row, Table
from analytics.weekly import Item, Section
from siteinfo.urls import admin_url

_OTHERS = {0: "Shop page, other pages and feeds"}


def clicks(scope: Scope) -> Table:
    """Return the clicks on affiliate links by post."""
    rows = ClickCount.objects.filter(scope.period.q, scope.rows_of("post", "post")).order_by().values_list("post")
    counts = dict(rows.annotate(total=Sum("count")))
    names = _names(set(counts))
    lines = [Row(names[pk], "", (counts[pk],)) for pk in sorted(counts, key=lambda pk: (-counts[pk], pk))]
    return Table("Affiliate clicks", ("Post", "Clicks"), lines[:MAX_ROWS], "No clicks in this period.")


def earnings(scope: Scope) -> Table:
    """Return the earnings by post, estimated from clicks."""
    found = Earning.objects.filter(scope.period.q)
    totals: dict[tuple[int | None, str], Decimal] = {}
    for currency in found.order_by("currency").values_list("currency", flat=True).distinct():
        for source, amount in attribute_earnings(found.filter(currency=currency)).items():
            if scope.is_whole_site or scope.includes("post", source.post or 0):
                key = (source.post, currency)
                totals[key] = totals.get(key, Decimal(0)) + amount
    names = _names({pk for pk, _ in totals if pk}) | {None: "Unknown: no click in the week before"}
    ordered = sorted(totals.items(), key=lambda item: (-item[1], str(item[0])))
    lines = [Row(names[pk], "", (f"{amount:.2f}", currency)) for (pk, currency), amount in ordered]
    note = "Estimated from the clicks of the week before each sale, because programs do not report the post."
    columns = ("Post", "Earned", "Currency")
    return Table("Affiliate earnings", columns, lines[:MAX_ROWS], "No earnings in this period.", note)


def _names(pks: set[int]) -> dict[int | None, str]:
    documents = load_documents(("post", pk) for pk in pks if pk)
    return {pk: _OTHERS.get(pk) or str(documents.get(("post", pk), "Deleted post")) for pk in pks}


def broken_links(scope: Scope) -> Section | None:
    """Return the broken affiliate links."""
    if not scope.user.has_perm("affiliates.change_link"):
        return None
    links = Link.objects.broken().order_by("name", "pk")
    return Section("Broken affiliate links", [Item(str(link), admin_url(link)) for link in links])


def register() -> None:
    """Add the tables to the reports, and the broken links to the weekly email."""
    for report in ("results", "document"):
        tables.register(report, "affiliate-clicks", clicks, is_by_document=True)
        tables.register(report, "earnings", earnings, permission="affiliates.view_earning", is_by_document=True)
    weekly.register(broken_links, order=20)
