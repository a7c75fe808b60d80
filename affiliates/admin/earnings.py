"""Admin for earnings: one report page with an import form."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from affiliates.earnings import attribute_earnings, report_by_link, report_by_post, total_by_day, total_by_month
from affiliates.earnings_import import MAX_BYTES, import_report
from affiliates.models import ClickCount, Earning, Program
from analytics.charts import daily_bars

CHART_DAYS = 60
MAX_TABLE_ROWS = 100


class ReportForm(forms.Form):
    """Import a program's report."""

    program = forms.ModelChoiceField(Program.objects.all(), help_text="The program the report is from.")
    report = forms.FileField(
        help_text="A CSV file: Amazon's Fee-Earnings, Awin's Transactions or ShareASale's Activity details. Importing"
        " the same report twice changes nothing."
    )

    def clean(self) -> dict[str, Any]:
        """Return the cleaned data with the import result as `result`. An invalid file is a form error."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                cleaned["result"] = import_report(cleaned["report"].read(MAX_BYTES + 1), cleaned["program"])
            except ValidationError as error:
                self.add_error("report", error)
        return cleaned


@admin.register(Earning)
class EarningAdmin(admin.ModelAdmin):
    """The earnings report, with a form that imports program reports."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: earnings are only imported."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: earnings are only imported."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: earnings are only imported."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the report of the last twelve months, and import a program's report."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_add = request.user.has_perm("affiliates.add_earning")
        if request.method == "POST" and not may_add:
            raise PermissionDenied
        form = ReportForm(request.POST, request.FILES) if request.method == "POST" else ReportForm()
        if form.is_bound and form.is_valid():
            result = form.cleaned_data["result"]
            message = f"{result.format}: imported {result.lines} lines ({result.new} new), {result.total} in total."
            self.message_user(request, message, messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        context = {**self.admin_site.each_context(request), "title": "Earnings", "opts": self.opts}
        context |= {"form": form if may_add else None}
        context |= _report(request.GET.get("currency", ""))
        return TemplateResponse(request, "admin/affiliates/earning/report.html", context)


def _report(currency: str) -> dict[str, Any]:
    """Return the context of the report in `currency`, or in the first currency with earnings."""
    today = timezone.localdate()
    year = Earning.objects.filter(day__gt=today - timedelta(days=365))
    currencies = list(year.order_by("currency").values_list("currency", flat=True).distinct())
    chosen = currency if currency in currencies else next(iter(currencies), "")
    earnings = year.filter(currency=chosen)
    counts = ClickCount.objects.last_days(365).order_by()
    post_clicks = dict(counts.values_list("post").annotate(total=Sum("count")))
    link_clicks = dict(counts.values_list("link").annotate(total=Sum("count")))
    days, shares = total_by_day(earnings), attribute_earnings(earnings)
    bars = daily_bars(days, today, CHART_DAYS)
    return {
        "currencies": currencies,
        "currency": chosen,
        "total": sum(days.values(), Decimal(0)),
        "months": total_by_month(earnings),
        "bars": bars,
        "best": max(bar.amount for bar in bars),
        "posts": report_by_post(shares, post_clicks)[:MAX_TABLE_ROWS],
        "links": report_by_link(shares, link_clicks)[:MAX_TABLE_ROWS],
    }
