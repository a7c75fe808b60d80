"""The reports in the admin, for everyone with `reports.scope.may_see_reports`."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from analytics.admin_forms import SearchConsoleForm, WeeklyEmailForm
from analytics.charts import daily_bars
from analytics.models import WeeklyEmailSetting
from analytics.reports import visits
from analytics.reports.scope import (
    DEFAULT_PERIOD,
    PERIODS,
    Scope,
    documents_of,
    last_days,
    load_documents,
    may_see_reports,
)
from analytics.reports.tables import Table, tables_of
from plaintext.csv_export import write_csv

# The reports by the last part of their URL. The first has none.
REPORTS = {
    "": "Pages",
    "visits": "Visits",
    "searches": "Searches",
    "speed": "Speed",
    "results": "Results",
}
# Reports that cannot be limited to someone's own texts.
_WHOLE_SITE = {"searches", "speed"}


def _scope(request: HttpRequest) -> Scope:
    """Return what the user may see, and the period that was asked for. Raise PermissionDenied without any."""
    user = request.user
    if not isinstance(user, User) or not may_see_reports(user):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = next((number for number in PERIODS if str(number) == asked), DEFAULT_PERIOD)
    return Scope(user, last_days(days), documents_of(user))


@require_safe
def report(request: HttpRequest, admin_site: AdminSite, name: str = "") -> HttpResponseBase:
    """Show a report, or send one of its tables as CSV with `?csv=KEY`."""
    scope = _scope(request)
    if name not in REPORTS or (name in _WHOLE_SITE and not scope.is_whole_site):
        raise Http404
    only = request.GET.get("csv", "")
    tables = list(tables_of(name, scope, only))
    if only:
        if not tables:
            raise Http404
        return _csv(only, tables[0][1])
    context = _context(request, admin_site, scope) | {"title": f"Analytics: {REPORTS[name].lower()}", "tables": tables}
    if not name:
        context |= _overview(scope)
    return TemplateResponse(request, "admin/analytics/report.html", context)


def _url(name: str) -> str:
    return reverse("admin:analytics_report", args=[name]) if name else reverse("admin:analytics")


def _context(request: HttpRequest, admin_site: AdminSite, scope: Scope) -> dict[str, Any]:
    return {
        **admin_site.each_context(request),
        "period": scope.period,
        "periods": PERIODS,
        "is_whole_site": scope.is_whole_site,
    }


def _overview(scope: Scope) -> dict[str, Any]:
    """Return totals and chart of the period."""
    period = scope.period
    bars = daily_bars(visits.views_by_day(scope), period.last, period.days)
    return {"totals": visits.totals(scope), "bars": bars, "highest": max(bars, key=lambda bar: bar.amount)}


@require_safe
def document(request: HttpRequest, kind: str, pk: int, admin_site: AdminSite) -> HttpResponseBase:
    """Show the numbers of one post or page."""
    scope = _scope(request)
    shown = load_documents([(kind, pk)]).get((kind, pk)) if scope.includes(kind, pk) else None
    if shown is None:
        raise Http404
    own = Scope(scope.user, scope.period, {kind: frozenset([pk])})
    tables = list(tables_of("document", own, request.GET.get("csv", "")))
    if only := request.GET.get("csv"):
        if not tables:
            raise Http404
        return _csv(f"{kind}-{pk}-{only}", tables[0][1])
    context = _context(request, admin_site, scope) | _overview(own)
    context |= {"title": str(shown), "document": shown, "tables": tables}
    return TemplateResponse(request, "admin/analytics/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def search_console(request: HttpRequest, admin_site: AdminSite) -> HttpResponseBase:
    """Show the latest report of Google Search Console, and import one."""
    scope = _scope(request)
    if not scope.is_whole_site:
        raise PermissionDenied
    form = SearchConsoleForm(request.POST, request.FILES) if request.method == "POST" else SearchConsoleForm()
    if form.is_bound and form.is_valid():
        result = form.cleaned_data["result"]
        text = f"Imported {result.lines:,} URLs with {result.clicks:,} clicks; {result.joined:,} are posts or pages."
        messages.success(request, text)
        return HttpResponseRedirect(request.path)
    tables = list(tables_of("search-console", scope, request.GET.get("csv", "")))
    if request.GET.get("csv") and tables:
        return _csv("search-console", tables[0][1])
    context = {**admin_site.each_context(request), "title": "Search Console", "tables": tables, "form": form}
    return TemplateResponse(request, "admin/analytics/search_console.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def weekly_email(request: HttpRequest, admin_site: AdminSite) -> HttpResponse:
    """Let the user turn the weekly email on or off. The email links to this page."""
    user = _scope(request).user
    if request.method == "POST":
        form = WeeklyEmailForm(request.POST)
        if form.is_valid():
            WeeklyEmailSetting.objects.update_or_create(user=user, defaults=form.cleaned_data)
            is_on = form.cleaned_data["is_on"]
            messages.success(request, f"The weekly email is {'on' if is_on else 'off'}.")
            return HttpResponseRedirect(request.path)
    setting = WeeklyEmailSetting.objects.filter(user=user).first()
    form = WeeklyEmailForm(initial={"is_on": setting is None or setting.is_on})
    context = {**admin_site.each_context(request), "title": "Weekly email", "form": form}
    return TemplateResponse(request, "admin/analytics/weekly_email.html", context)


def _csv(name: str, table: Table) -> HttpResponseBase:
    """Return a table as a file that spreadsheets open safely."""
    lines: Iterator[str] = write_csv(table.columns, ((row.name, *row.values) for row in table.rows))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def summary(user: User) -> dict[str, Any] | None:
    """Return the panel of the dashboard, or None for users without reports."""
    if not may_see_reports(user):
        return None
    scope = Scope(user, last_days(DEFAULT_PERIOD), documents_of(user))
    best = visits.best_pages(scope)
    return _overview(scope) | {"best": best.rows[:5]}


def pages_of(user: User) -> list[tuple[str, str]]:
    """Return name and URL of each page about analytics that `user` may open, for the rail."""
    if not may_see_reports(user):
        return []
    is_whole_site = user.has_perm("analytics.view_pagecount")
    pages = [(label, _url(name)) for name, label in REPORTS.items() if is_whole_site or name not in _WHOLE_SITE]
    if is_whole_site:
        pages.append(("Search Console", reverse("admin:analytics_search_console")))
    return [*pages, ("Weekly email", reverse("admin:analytics_weekly_email"))]
