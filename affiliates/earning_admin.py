"""What links earned, on the writing desk."""

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

from affiliates.charts import bars
from affiliates.clicks import ClickCount
from affiliates.earnings import Earning, by_day, by_month, of_links, of_posts, shared_out
from affiliates.earnings_import import MOST_BYTES, read_report
from affiliates.programs import Program

# Days of the chart, lines of the tables.
DAYS_DRAWN = 60
SHOWN = 100


class ReportForm(forms.Form):
    """A program's report to read in."""

    program = forms.ModelChoiceField(Program.objects.all(), help_text="Whose report it is.")
    report = forms.FileField(
        help_text="A CSV file: Amazon's Fee-Earnings, Awin's Transactions or ShareASale's Activity details. Reading the"
        " same one twice changes nothing."
    )

    def clean(self) -> dict[str, Any]:
        """The fields' values, with what was `read`; ValidationError says what is wrong with the file."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                cleaned["read"] = read_report(cleaned["report"].read(MOST_BYTES + 1), cleaned["program"])
            except ValidationError as error:
                self.add_error("report", error)
        return cleaned


@admin.register(Earning)
class EarningAdmin(admin.ModelAdmin):
    """What links earned: one page, with a field for the programs' reports."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A report is read in on the page of all; there is no form for a single one.
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The report of the last twelve months, and the form for reading one in."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_add = request.user.has_perm("affiliates.add_earning")
        if request.method == "POST" and not may_add:
            raise PermissionDenied
        form = ReportForm(request.POST, request.FILES) if request.method == "POST" else ReportForm()
        if form.is_bound and form.is_valid():
            read = form.cleaned_data["read"]
            words = f"{read.shape}: {read.lines} lines, {read.new} of them new, {read.total} altogether."
            self.message_user(request, words, messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        context = {**self.admin_site.each_context(request), "title": "Earnings", "opts": self.opts}
        context |= {"form": form if may_add else None}
        context |= _earned(request.GET.get("currency", ""))
        return TemplateResponse(request, "admin/affiliates/earning/report.html", context)


def _earned(currency: str) -> dict[str, Any]:
    """What the page of earnings shows, in one of the currencies that there are."""
    today = timezone.localdate()
    year = Earning.objects.filter(day__gt=today - timedelta(days=365))
    currencies = list(year.order_by("currency").values_list("currency", flat=True).distinct())
    chosen = currency if currency in currencies else next(iter(currencies), "")
    earnings = year.filter(currency=chosen)
    counts = ClickCount.objects.last_days(365).order_by()
    clicks = dict(counts.values_list("post").annotate(all=Sum("count")))
    followed = dict(counts.values_list("link").annotate(all=Sum("count")))
    days, shares = by_day(earnings), shared_out(earnings)
    drawn = bars(days, today, DAYS_DRAWN)
    return {
        "currencies": currencies,
        "currency": chosen,
        "total": sum(days.values(), Decimal(0)),
        "months": by_month(earnings),
        "bars": drawn,
        "best": max(bar.amount for bar in drawn),
        "posts": of_posts(shares, clicks)[:SHOWN],
        "links": of_links(shares, followed)[:SHOWN],
    }
