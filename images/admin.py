"""The library on the writing desk, and the picker that the editor and forms open."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Field
from django.forms import Field as FormField
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods

from images.forms import ImageForm, QuickUploadForm, formfield_for_image
from images.models import Image
from images.renditions import thumbnail

PICTURES_PER_PAGE = 24


class WithImagePicker(admin.options.BaseModelAdmin):
    """A ModelAdmin whose foreign keys to the library are chosen by looking."""

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> FormField | None:
        return formfield_for_image(db_field) or super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    form = ImageForm
    list_display = ("preview", "title", "alt", "size", "created_at")
    list_display_links = ("preview", "title")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("title", "alt", "caption")
    date_hierarchy = "created_at"

    @admin.display(description="picture")
    def preview(self, image: Image) -> SafeString:
        return format_html(
            '<img class="thumb" src="{}" alt="" width="96" height="64" loading="lazy">', thumbnail(image)
        )

    @admin.display(description="size")
    def size(self, image: Image) -> str:
        return f"{image.width} × {image.height}"

    def get_urls(self) -> list[URLPattern]:
        return [
            path("pick/", self.admin_site.admin_view(self.pick), name="images_image_pick"),
            *super().get_urls(),
        ]

    def pick(self, request: HttpRequest) -> HttpResponse:
        """The picker's page, shown in a frame: search, choose, or upload and choose."""
        return _pick(request, self)


@xframe_options_sameorigin
@require_http_methods(["GET", "POST"])
def _pick(request: HttpRequest, model_admin: ImageAdmin) -> HttpResponse:
    form = QuickUploadForm(request.POST or None, request.FILES or None) if request.method == "POST" else None
    uploaded: list[Image] = []
    if form and model_admin.has_add_permission(request) and form.is_valid():
        uploaded, form = form.save(), None
    words = request.GET.get("q", "")[:200]
    paginator = Paginator(Image.objects.matching(words), PICTURES_PER_PAGE)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Choose a picture",
        "is_popup": True,
        "form": form or QuickUploadForm(),
        "may_upload": model_admin.has_add_permission(request),
        "page": paginator.get_page(request.GET.get("page")),
        "words": words,
        # One upload is what the author wanted: it is chosen without another click.
        "chosen": uploaded[0] if len(uploaded) == 1 else None,
    }
    return TemplateResponse(request, "admin/images/image/pick.html", context)
