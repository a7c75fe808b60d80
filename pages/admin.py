"""Pages and services on the writing desk."""

from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse

from blog.admin.content import ContentAdmin, ContentForm
from images.admin import WithImagePicker
from pages import views
from pages.models import Page, Service
from publishing.admin_list import StatusFilter
from publishing.forms import DocumentForm, placeholder_slug


class PageForm(ContentForm):
    """A page as its author thinks of it."""

    class Meta(ContentForm.Meta):
        model = Page
        help_texts = {"title": "What the page is about. Readers see it above the page, in menus and in searches."}


@admin.register(Page)
class PageAdmin(ContentAdmin):
    form = PageForm
    preview_url_name = "pages:preview"
    list_display = ("title", "status_label", "address", "role", "show_in_menu", "position")
    list_editable = ("show_in_menu", "position")
    list_filter = (StatusFilter, "show_in_menu")
    list_per_page = 100
    ordering = ("path",)
    search_fields = ("title", "path", "excerpt")
    search_help_text = "Words of the title, the address or the excerpt"
    fieldsets = (
        ("Write", {"fields": ("title", "body", "excerpt", "base_version", "autosave_key", "restored_from")}),
        ("Picture", {"fields": ("featured_image",)}),
        ("Place", {"fields": ("slug", "parent", "role", "show_in_menu", "position")}),
        (
            "Search engines",
            {
                "classes": ("collapse",),
                "fields": ("seo_title", "seo_description", "canonical_url", "hides_from_search"),
            },
        ),
    )
    writing_fieldset = ("More", {"fields": ("published_at", "note", "is_update", "publish_changes_at")})

    @admin.display(description="address", ordering="path")
    def address(self, page: Page) -> str:
        return f"/{page.path}/"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Page]:
        queryset = super().get_queryset(request)
        is_list = request.resolver_match and request.resolver_match.url_name == "pages_page_changelist"
        return queryset.defer("headings", "body") if is_list and request.method == "GET" else queryset

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "parent":
            kwargs["queryset"] = Page.objects.not_trashed().order_by("path").defer("headings", "body")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def new_draft(self, request: HttpRequest, title: str) -> Page:
        page = Page(title=title or "Untitled", slug=placeholder_slug())
        page.save()
        return page

    def preview(self, request: HttpRequest, document: Page, form: DocumentForm | None) -> HttpResponse:
        return views.show(request, document, is_preview=True)


@admin.register(Service)
class ServiceAdmin(WithImagePicker, admin.ModelAdmin):
    list_display = ("name", "length", "price_in_words", "is_shown", "position")
    list_editable = ("is_shown", "position")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "description", "image")}),
        ("In short", {"fields": ("audience", "format", "length", "price")}),
        ("Button", {"fields": ("button_text", "button_link")}),
        ("Place", {"fields": ("position", "is_shown")}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        highest = Service.objects.aggregate(highest=Max("position"))["highest"] or 0
        return {"position": highest + 1, **super().get_changeform_initial_data(request)}
