"""The image library in the admin."""

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

from images import file_admin, views  # noqa: F401 - registers the files
from images.forms import ImageForm, formfield_for_image
from images.models import Image, ImageQuerySet, Video
from richtext.references import Reference
from siteinfo.where_used import WhereUsed, where_used


class ImagePickerMixin(admin.options.BaseModelAdmin):
    """Let users choose related images by thumbnail."""

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Use the image picker for foreign keys to images."""
        return formfield_for_image(db_field) or super().formfield_for_dbfield(db_field, request, **kwargs)


class AttentionFilter(admin.SimpleListFilter):
    """Filter images that need attention."""

    title = "needs attention"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [
            ("unused", "Not used anywhere"),
            ("no-alt", "Without alternative text"),
            ("missing", "File missing"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> ImageQuerySet:
        """Return the images that match the choice."""
        if self.value() == "unused":
            return queryset.unused()
        if self.value() == "missing":
            return queryset.without_file()
        return queryset.without_alt() if self.value() == "no-alt" else queryset


class MonthFilter(admin.SimpleListFilter):
    """Filter by the month in which images were added."""

    title = "month added"
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the months in which images were added, newest first."""
        months = Image.objects.datetimes("created_at", "month", order="DESC")
        return [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months]

    def queryset(self, request: HttpRequest, queryset: Any) -> ImageQuerySet:
        """Return the images added in the chosen month."""
        month = parse_date(f"{self.value()}-01") if self.value() else None
        if month is None:
            return queryset
        return queryset.filter(created_at__year=month.year, created_at__month=month.month)


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    """The image library."""

    form = ImageForm
    fieldsets = (
        ("Image", {"fields": ("file", "focal_point")}),
        ("Texts", {"fields": ("alt", "is_decorative", "caption", "credit", "title", "description")}),
    )
    list_filter = (AttentionFilter, MonthFilter)
    list_per_page = 48
    show_full_result_count = False
    search_fields = ("title__contains_folded", "alt__contains_folded", "caption__contains_folded")
    actions_selection_counter = False

    def get_urls(self) -> list[URLPattern]:
        """Add the picker, uploads, and the record of chosen images."""
        view = self.admin_site.admin_view
        return [
            path("pick/", view(self.pick), name="images_image_pick"),
            path("upload/", view(views.upload), name="images_image_upload"),
            path("chosen/", view(views.mark_chosen), name="images_image_chosen"),
            *super().get_urls(),
        ]

    def pick(self, request: HttpRequest) -> HttpResponse:
        """Show the picker."""
        return views.pick(request, self.admin_site.each_context(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Title the list “Images”."""
        return super().changelist_view(request, {"title": "Images", **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Add to each image how often it is used."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        pks = [image.pk for image in changelist.result_list]
        counts = Reference.objects.to_model(Image).filter(target_id__in=pks).source_counts()
        for image in changelist.result_list:
            image.reference_count = counts.get(image.pk, 0)
        return changelist

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show where the image is used."""
        image = context["original"]
        context["where_used"] = where_used(Reference.objects.to(image), request.user) if image else []
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, list[Any]]:
        """Protect images in use, and link to what uses them."""
        deleted, counts, missing_permissions, protected = super().get_deleted_objects(objs, request)
        links = [_link(image, used) for image in objs for used in where_used(Reference.objects.to(image), request.user)]
        return (deleted, counts, set(), links) if links else (deleted, counts, missing_permissions, protected)


def _link(image: Image, used: WhereUsed) -> SafeString:
    status = f" ({used.status_label})" if used.status_label else ""
    name = format_html('<a href="{}">{}</a>', used.url, used.name) if used.url else used.name
    return format_html("“{}” in {}: {}{}", image, used.type_label, name, status)


@admin.register(Video)
class VideoAdmin(ImagePickerMixin, admin.ModelAdmin):
    """Edit the title and thumbnail of videos. They are added in the editor; deleting them would break texts."""

    fields = ("title", "thumbnail", "original", "has_captions", "transcript")
    readonly_fields = ("original",)
    list_display = ("title", "original")
    search_fields = ("title__contains_folded", "key__contains_folded")

    @admin.display(description="original")
    def original(self, video: Video) -> SafeString:
        """Link to the video on its own site."""
        return format_html('<a href="{}">{}</a>', video.url, video.url)

    def get_urls(self) -> list[URLPattern]:
        """Add the view that the editor calls with a video URL."""
        view = self.admin_site.admin_view(views.video_from_url)
        return [path("from-url/", view, name="images_video_from_url"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: videos are added in the editor."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Video | None = None) -> bool:
        """Return False: texts may use the video."""
        return False
