"""Admin for pages and services."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse

from blog.admin.content import ContentAdmin, ContentForm
from images.admin import ImagePickerMixin
from pages import views
from pages.models import Page, Service
from publishing.admin_list import StatusFilter
from publishing.forms import DocumentForm, placeholder_slug
from siteinfo.list_forms import LabeledListAdmin


class PageForm(ContentForm):
    """The form for a page."""

    class Meta(ContentForm.Meta):
        model = Page


@admin.register(Page)
class PageAdmin(LabeledListAdmin, ContentAdmin):
    """Pages, written like posts."""

    form = PageForm
    preview_url_name = "pages:preview"
    list_display = ("title", "status_label", "url_path", "role", "show_in_menu", "position")
    list_editable = ("show_in_menu", "position")
    list_filter = (StatusFilter, "show_in_menu")
    list_per_page = 100
    ordering = ("path",)
    search_fields = ("title__contains_folded", "path__contains_folded", "excerpt__contains_folded")
    search_help_text = "Search titles, URLs and excerpts"
    fieldsets = (
        (None, {"fields": ("title", "body", "base_version", "autosave_key", "restored_from")}),
        ("Location", {"classes": ("collapse",), "fields": ("slug", "parent", "role", "show_in_menu", "position")}),
        ("Featured image", {"classes": ("collapse",), "fields": ("featured_image",)}),
        ("Excerpt", {"classes": ("collapse",), "fields": ("excerpt",)}),
        (
            "Search engines",
            {
                "classes": ("collapse",),
                "fields": ("seo_title", "seo_description", "canonical_url", "hides_from_search"),
            },
        ),
    )

    @admin.display(description="URL", ordering="path")
    def url_path(self, page: Page) -> str:
        """Return the page's path."""
        return f"/{page.path}/"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Page]:
        """Leave the large columns out of the list."""
        queryset: Any = super().get_queryset(request)
        is_list = request.resolver_match and request.resolver_match.url_name == "pages_page_changelist"
        return queryset.without_text() if is_list and request.method == "GET" else queryset

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Let only users who may publish edit menu and order in the list."""
        changelist = super().get_changelist_instance(request)
        if not self.has_publish_permission(request):
            changelist.list_editable = ()
        return changelist

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer every page that is not in the trash as the parent, sorted by path."""
        if db_field.name == "parent":
            kwargs["queryset"] = Page.objects.not_trashed().order_by("path").without_text()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def new_draft(self, request: HttpRequest, title: str) -> Page:
        """Create the draft of a page whose first autosave arrives."""
        page = Page(title=title or "Untitled", slug=placeholder_slug())
        page.save()
        return page

    def preview(self, request: HttpRequest, document: Page, form: DocumentForm | None) -> HttpResponse:
        """Render the page as visitors would see it."""
        return views.render_page(request, document, is_preview=True)


@admin.register(Service)
class ServiceAdmin(ImagePickerMixin, LabeledListAdmin):
    """Services on the services page."""

    list_display = ("name", "duration", "price_text", "is_shown", "position")
    list_editable = ("is_shown", "position")
    search_fields = ("name__contains_folded",)
    fieldsets = (
        (None, {"fields": ("name", "description", "image")}),
        ("Details", {"fields": ("audience", "format", "duration", "price")}),
        ("Button", {"fields": ("button_text", "button_link")}),
        ("Display", {"fields": ("position", "is_shown")}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Put a new service last."""
        highest = Service.objects.aggregate(highest=Max("position"))["highest"] or 0
        return {"position": highest + 1, **super().get_changeform_initial_data(request)}
