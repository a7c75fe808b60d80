"""Advertisements on the writing desk, with what they brought."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ads.models import Ad, AdCount, Tally
from images.admin import WithImagePicker

DAYS_SHOWN = 60


@admin.register(Ad)
class AdAdmin(WithImagePicker, admin.ModelAdmin):
    """Places are filled here; counts are read."""

    list_display = ("name", "place", "state", "weight", "is_on", "seen", "followed", "rate")
    list_editable = ("weight", "is_on")
    list_filter = ("is_on", "place")
    search_fields = ("name", "text", "link")
    search_help_text = "Part of the name, the words or the address"
    autocomplete_fields = ("excluded_posts", "excluded_categories")
    readonly_fields = ("days",)
    fieldsets = (
        ("What readers see", {"fields": ("place", "picture", "text", "link")}),
        ("When, and how often", {"fields": ("is_on", "starts_on", "ends_on", "weight")}),
        ("Where not", {"fields": ("excluded_posts", "excluded_categories")}),
        ("For yourselves", {"fields": ("name", "days")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ad]:
        """Each with the sums of its counts."""
        counts = AdCount.objects.filter(ad=OuterRef("pk")).order_by().values("ad")
        sums = {f"all_{name}": Subquery(counts.annotate(sum=Sum(name)).values("sum")) for name in ("views", "clicks")}
        queryset: QuerySet[Ad] = super().get_queryset(request).annotate(**sums)
        return queryset

    @admin.display(description="today")
    def state(self, ad: Ad) -> str:
        return ad.state

    @admin.display(description="seen", ordering="all_views")
    def seen(self, ad: Any) -> int:
        return ad.all_views or 0

    @admin.display(description="followed", ordering="all_clicks")
    def followed(self, ad: Any) -> int:
        return ad.all_clicks or 0

    @admin.display(description="click rate")
    def rate(self, ad: Any) -> str:
        return Tally(ad.all_views or 0, ad.all_clicks or 0).rate

    @admin.display(description="day by day")
    def days(self, ad: Ad) -> SafeString | str:
        """The last days that have counts, and the sum of all."""
        rows = list(ad.counts.all()[:DAYS_SHOWN]) if ad.pk else []
        if not rows:
            return "Nobody has seen it yet."
        total = ad.counts.all().order_by().tally()
        lines = [
            (date_format(row.day, "F j, Y"), row.views, row.clicks, Tally(row.views, row.clicks).rate) for row in rows
        ]
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", lines)
        head = "".join(f'<th scope="col">{word}</th>' for word in ("Day", "Seen", "Followed", "Rate"))
        foot = '<tr><th scope="row">Altogether</th><td>{}</td><td>{}</td><td>{}</td></tr>'
        return format_html(
            f"<table><thead><tr>{head}</tr></thead><tbody>{{}}</tbody><tfoot>{foot}</tfoot></table>",
            body,
            total.views,
            total.clicks,
            total.rate,
        )
