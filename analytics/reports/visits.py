"""Views, visitors and where they came from. Every function runs a constant number of queries."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Q, Sum
from django.urls import reverse

from analytics.models import DIRECT, OTHER, CountedPage, HostCount, PageCount
from analytics.reports.scope import Scope, load_documents
from analytics.reports.tables import MAX_ROWS, Row, Table

# A fall of a few views says nothing.
MIN_FALL = 5


class Total(NamedTuple):
    """A number of the period and of the one before."""

    label: str
    now: int
    before: int

    @property
    def change(self) -> str:
        """Return the difference in percent, such as “+12%”; "" if there was nothing before."""
        return change(self.now, self.before)


def change(now: int, before: int) -> str:
    """Return the difference in percent with its sign, or "" if there was nothing before."""
    if not before:
        return ""
    percent = round(100 * (now - before) / before)
    return f"{'+' if percent > 0 else '−' if percent < 0 else '±'}{abs(percent)}%"


def _of(scope: Scope) -> Q:
    """Select the row of the whole site, or those of the documents in the scope."""
    return Q(page__path="") if scope.is_whole_site else scope.pages()


def totals(scope: Scope) -> list[Total]:
    """Return views, visitors and visits of the period and of the one before."""
    period = scope.period
    sums = PageCount.objects.filter(_of(scope), period.q | period.before.q).aggregate(
        **{
            f"{name}_{when}": Sum(name, filter=each.q, default=0)
            for name in ("views", "visitors", "entries")
            for when, each in (("now", period), ("before", period.before))
        }
    )
    labels = {"views": "Views", "visitors": "Visitors by day", "entries": "Visits"}
    return [Total(label, sums[f"{name}_now"], sums[f"{name}_before"]) for name, label in labels.items()]


def views_by_day(scope: Scope) -> dict[date, int]:
    """Return the views of each day of the period."""
    rows = PageCount.objects.filter(_of(scope), scope.period.q).order_by()
    return dict(rows.values_list("day").annotate(total=Sum("views")))


class PageViews(NamedTuple):
    """The views of a document or another page, in the period and in the one before."""

    kind: str
    document_id: int | None
    path: str
    now: int
    before: int
    visitors: int
    entries: int


def views_by_page(scope: Scope) -> list[PageViews]:
    """Return all pages with views in either period, most viewed first. A document with several paths is one page."""
    if "views_by_page" not in scope.shared:
        scope.shared["views_by_page"] = _views_by_page(scope)
    pages: list[PageViews] = scope.shared["views_by_page"]
    return pages


def _views_by_page(scope: Scope) -> list[PageViews]:
    period = scope.period
    names = {"now": ("views", period), "before": ("views", period.before), "seen_by": ("visitors", period)}
    sums: dict[str, Any] = {name: Sum(column, filter=each.q, default=0) for name, (column, each) in names.items()}
    sums["begun"] = Sum("entries", filter=period.q, default=0)
    rows: Any = (
        PageCount.objects.filter(period.q | period.before.q, scope.pages()).order_by().values("page").annotate(**sums)
    )
    counted = CountedPage.objects.exclude(path="").in_bulk([row["page"] for row in rows])
    found: dict[tuple[str, object], PageViews] = {}
    for row in rows:
        page = counted.get(row["page"])
        if page is None:
            continue
        key = (page.kind, page.document_id or page.path)
        numbers = (row["now"], row["before"], row["seen_by"], row["begun"])
        if key in found:
            numbers = tuple(map(sum, zip(numbers, found[key][3:], strict=True)))  # type: ignore[assignment]
        found[key] = PageViews(page.kind, page.document_id, page.path, *numbers)
    return sorted(found.values(), key=lambda each: (-each.now, each.path))


def best_pages(scope: Scope) -> Table:
    """Return the most viewed pages."""
    pages = [page for page in views_by_page(scope) if page.now]
    values = [(page.now, page.before, change(page.now, page.before), page.visitors, page.entries) for page in pages]
    columns = ("Page", "Views", "Before", "Change", "Visitors by day", "Visits that began here")
    rows = _rows(pages[:MAX_ROWS], values)
    return Table("Most viewed", columns, rows, "No views in this period.")


def falling_pages(scope: Scope) -> Table:
    """Return the posts and pages that lost the most views."""
    falling = [page for page in views_by_page(scope) if page.document_id and page.before - page.now >= MIN_FALL]
    falling.sort(key=lambda page: (page.now - page.before, page.path))
    values = [(page.before - page.now, page.now, page.before, change(page.now, page.before)) for page in falling]
    rows = _rows(falling[:MAX_ROWS], values)
    note = "Often an update helps: a newer source, a clearer title, a link from a post that is read more."
    columns = ("Page", "Views lost", "Views", "Before", "Change")
    return Table("Falling", columns, rows, "No post or page lost more than a few views.", note)


def _rows(pages: list[PageViews], values: Iterable[tuple[object, ...]]) -> list[Row]:
    documents = load_documents((page.kind, page.document_id) for page in pages if page.document_id)
    rows = []
    for page, numbers in zip(pages, values, strict=False):
        document = documents.get((page.kind, page.document_id or 0))
        url = reverse("admin:analytics_document", args=[page.kind, page.document_id]) if document else page.path
        name = str(document) if document else "Home page" if page.path == "/" else page.path
        rows.append(Row(name, url, numbers))
    return rows


def devices(scope: Scope) -> Table:
    """Return the views by the width of the window."""
    names = {"phones": "Phones (narrower than 600 px)", "tablets": "Tablets (600 to 1,023 px)", "desktops": "Wider"}
    sums = PageCount.objects.filter(_of(scope), scope.period.q).aggregate(
        **{name: Sum(name, default=0) for name in names}
    )
    total = sum(sums.values())
    rows = [Row(label, "", (sums[name], share(sums[name], total))) for name, label in names.items() if total]
    return Table("Devices", ("Device", "Views", "Share"), rows, "No views in this period.")


def referrers(scope: Scope) -> Table:
    """Return the sites that visitors came from."""
    names = {DIRECT: "No other site (typed, bookmarked or from an app)", OTHER: "Other sites"}
    return _hosts(scope, "Came from", names, is_outbound=False)


def outbound(scope: Scope) -> Table:
    """Return the sites that visitors left for."""
    return _hosts(scope, "Clicks on links to other sites", {OTHER: "Other sites"}, is_outbound=True)


def _hosts(scope: Scope, title: str, names: dict[str, str], *, is_outbound: bool) -> Table:
    counts = HostCount.objects.filter(scope.pages(), scope.period.q, is_outbound=is_outbound).order_by()
    found = list(counts.values_list("host").annotate(total=Sum("count")).order_by("-total", "host"))
    total = sum(count for _, count in found)
    rows = [Row(names.get(host, host), "", (count, share(count, total))) for host, count in found[:MAX_ROWS]]
    column = "Clicks" if is_outbound else "Visits"
    return Table(title, ("Site", column, "Share"), rows, "Nothing counted in this period.")


def share(count: int, total: int) -> str:
    """Return a share in percent."""
    return f"{100 * count / total:.0f}%" if total else ""
