"""Filters and columns of the list of posts."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.formats import date_format

from blog import checklist
from blog.models import Post, PostViewCount

RECENT_DAYS = 30


class MonthFilter(admin.SimpleListFilter):
    """Filter by month of publication, in the site's time zone."""

    title = "month"
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the months with posts, newest first."""
        months = Post.objects.filter(month__isnull=False).order_by("-month").values_list("month", flat=True).distinct()
        return [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months if month]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Filter by the selected month."""
        if not (value := self.value()):
            return queryset
        try:
            month = parse_date(f"{value}-01")
        except ValueError:  # a month such as 2026-13
            month = None
        return queryset.filter(month=month) if month else queryset


class UsedFilter(admin.RelatedFieldListFilter):
    """Filter by what posts are assigned to, such as categories and authors, of those that have posts."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return the choices. Unlike RelatedOnlyFieldListFilter, do not read all posts."""
        if field.many_to_many:
            assignments = field.remote_field.through.objects.filter(**{field.m2m_reverse_field_name(): OuterRef("pk")})
        else:
            assignments = field.model.objects.filter(**{field.name: OuterRef("pk")})
        return field.get_choices(
            include_blank=False,
            limit_choices_to=Q(Exists(assignments)),
            ordering=self.field_admin_ordering(field, request, model_admin),
        )


class MissingFilter(admin.SimpleListFilter):
    """Filter by what is missing."""

    title = "what is missing"
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what can be missing."""
        return [
            ("image", "No featured image"),
            ("category", "No category"),
            ("excerpt", "No excerpt"),
            ("kind", "No kind"),
            ("region", "No body region"),
            ("blocked", "Blocked from publishing"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Filter by the selected lookup."""
        if self.value() == "blocked":
            return queryset.filter(checklist.blocked_posts())
        conditions: dict[str, dict[str, Any]] = {
            "image": {"featured_image": None},
            "category": {"primary_category": None},
            "excerpt": {"excerpt": ""},
            "kind": {"template": None},
            "region": {"body_regions": None},
        }
        return queryset.filter(**conditions.get(self.value() or "", {}))


class PostChangeList(ChangeList):
    """The list of posts with their recent views, loaded in one query for the posts of the page."""

    def get_results(self, request: HttpRequest) -> None:
        """Add `recent_views` to the posts."""
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        views = PostViewCount.objects.for_posts([post.pk for post in self.result_list], RECENT_DAYS)
        for post in self.result_list:
            post.recent_views = views.get(post.pk, 0)
