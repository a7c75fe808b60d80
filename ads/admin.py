"""Admin for ads, with their impressions and clicks."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ads.models import Ad, AdCount, AdTotals
from images.admin import ImagePickerMixin
from siteinfo.autocomplete import AutocompleteMixin
from siteinfo.list_forms import LabeledListAdmin
from siteinfo.local_time import format_date

MAX_DAYS = 60
COUNTERS = ("impressions", "clicks")


@admin.register(Ad)
class AdAdmin(AutocompleteMixin, ImagePickerMixin, LabeledListAdmin):
    """Edit ads; counts are read-only."""

    list_display = ("name", "placement", "status", "weight", "is_active", "impressions", "clicks", "click_rate")
    list_editable = ("weight", "is_active")
    list_filter = ("is_active", "placement")
    search_fields = ("name__contains_folded", "text__contains_folded", "url__contains_folded")
    search_help_text = "Search names, texts and URLs"
    autocomplete_fields = ("excluded_posts", "excluded_categories")
    readonly_fields = ("daily_counts",)
    fieldsets = (
        ("Ad", {"fields": ("placement", "image", "text", "url")}),
        ("Schedule", {"fields": ("is_active", "starts_on", "ends_on", "weight")}),
        ("Exclusions", {"fields": ("excluded_posts", "excluded_categories")}),
        ("Internal", {"fields": ("name", "daily_counts")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ad]:
        """Return the ads with their total impressions and clicks."""
        counts = AdCount.objects.filter(ad=OuterRef("pk")).order_by().values("ad")
        sums = {
            f"total_{name}": Subquery(counts.annotate(sum=Sum(name)).values("sum"))
            for name in ("impressions", "clicks")
        }
        queryset: QuerySet[Ad] = super().get_queryset(request).annotate(**sums)
        return queryset

    @admin.display(description="status")
    def status(self, ad: Ad) -> str:
        """Return whether the ad runs today."""
        return ad.status

    @admin.display(description="impressions", ordering="total_impressions")
    def impressions(self, ad: Any) -> int:
        """Return the total impressions."""
        return ad.total_impressions or 0

    @admin.display(description="clicks", ordering="total_clicks")
    def clicks(self, ad: Any) -> int:
        """Return the total clicks."""
        return ad.total_clicks or 0

    @admin.display(description="click rate")
    def click_rate(self, ad: Any) -> str:
        """Return the clicks as a percentage of the impressions."""
        return AdTotals(ad.total_impressions or 0, ad.total_clicks or 0).click_rate

    @admin.display(description="by day")
    def daily_counts(self, ad: Ad) -> SafeString | str:
        """Return a table of the latest days with counts, and the totals."""
        rows = list(ad.counts.all()[:MAX_DAYS]) if ad.pk else []
        if not rows:
            return "No impressions yet."
        total = ad.counts.all().order_by().totals()
        lines = [
            (
                format_date(row.day),
                row.impressions,
                row.clicks,
                AdTotals(row.impressions, row.clicks).click_rate,
            )
            for row in rows
        ]
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", lines)
        head = "".join(f'<th scope="col">{word}</th>' for word in ("Day", "Impressions", "Clicks", "Click rate"))
        foot = '<tr><th scope="row">Total</th><td>{}</td><td>{}</td><td>{}</td></tr>'
        return format_html(
            f"<table><thead><tr>{head}</tr></thead><tbody>{{}}</tbody><tfoot>{foot}</tfoot></table>",
            body,
            total.impressions,
            total.clicks,
            total.click_rate,
        )
