"""The library on the writing desk."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Field
from django.forms import Field as FormField
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from images import library
from images.forms import ImageForm, formfield_for_image
from images.models import Image, ImageQuerySet, Video
from richtext.references import Reference
from siteinfo.where_used import WhereUsed, where_used


class WithImagePicker(admin.options.BaseModelAdmin):
    """A ModelAdmin whose foreign keys to the library are chosen by looking."""

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> FormField | None:
        return formfield_for_image(db_field) or super().formfield_for_dbfield(db_field, request, **kwargs)


class AttentionFilter(admin.SimpleListFilter):
    """Pictures that something should be done about."""

    title = "what to look at"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unused", "Not used anywhere"), ("wordless", "Without alternative text")]

    def queryset(self, request: HttpRequest, queryset: Any) -> ImageQuerySet:
        if self.value() == "unused":
            return queryset.unused()
        return queryset.without_words() if self.value() == "wordless" else queryset


class MonthFilter(admin.SimpleListFilter):
    """The month in which a picture came."""

    title = "month added"
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        months = Image.objects.datetimes("created_at", "month", order="DESC")
        return [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months]

    def queryset(self, request: HttpRequest, queryset: Any) -> ImageQuerySet:
        month = parse_date(f"{self.value()}-01") if self.value() else None
        if month is None:
            return queryset
        return queryset.filter(created_at__year=month.year, created_at__month=month.month)


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    form = ImageForm
    fieldsets = (
        ("Picture", {"fields": ("file", "focal_point")}),
        ("Its words", {"fields": ("alt", "is_decorative", "caption", "credit", "title")}),
    )
    list_filter = (AttentionFilter, MonthFilter)
    list_per_page = 48
    show_full_result_count = False
    search_fields = ("title", "alt", "caption")
    actions_selection_counter = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("pick/", view(self.pick), name="images_image_pick"),
            path("upload/", view(library.upload), name="images_image_upload"),
            path("chosen/", view(library.chosen), name="images_image_chosen"),
            *super().get_urls(),
        ]

    def pick(self, request: HttpRequest) -> HttpResponse:
        """The picker's page."""
        return library.pick(request, self.admin_site.each_context(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Pictures", **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        page = super().get_changelist_instance(request)
        page.result_list = list(page.result_list)
        keys = [image.pk for image in page.result_list]
        counts = Reference.objects.to_model(Image).filter(target_id__in=keys).source_counts()
        for image in page.result_list:
            image.reference_count = counts.get(image.pk, 0)
        return page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        image = context["original"]
        context["where_used"] = where_used(Reference.objects.to(image)) if image else []
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, list[Any]]:
        """As Django's, but whatever shows a picture protects it, and is named with a link."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        named = [_link(image, used) for image in objs for used in where_used(Reference.objects.to(image))]
        return (deleted, counts, set(), named) if named else (deleted, counts, lacking, protected)


def _link(image: Image, used: WhereUsed) -> SafeString:
    status = f" ({used.status_label})" if used.status_label else ""
    name = format_html('<a href="{}">{}</a>', used.url, used.source) if used.url else used.source
    return format_html("“{}” in {}: {}{}", image, used.type_label, name, status)


@admin.register(Video)
class VideoAdmin(WithImagePicker, admin.ModelAdmin):
    """Videos are made in the editor; here their title and picture are changed. Texts may hold any of them."""

    fields = ("title", "thumbnail", "site")
    readonly_fields = ("site",)
    list_display = ("title", "site")
    search_fields = ("title", "key")

    @admin.display(description="where it plays")
    def site(self, video: Video) -> SafeString:
        return format_html('<a href="{}">{}</a>', video.address, video.address)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(library.video_from_address)
        return [path("from-address/", view, name="images_video_from_address"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Video | None = None) -> bool:
        return False
