"""The admin for snippets and post templates."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.html import format_html

from blog.admin.links import object_link
from blog.models import PostTemplate, Snippet
from richtext.forms import RichTextField
from richtext.references import Reference
from siteinfo.where_used import where_used


class ReusableTextForm(forms.ModelForm):
    """A form that uses the rich text editor."""

    body = RichTextField(label="Text", help_text="Written like a post, with headings, lists, callouts and images.")


@admin.register(Snippet)
class SnippetAdmin(admin.ModelAdmin):
    """Snippets, with the texts that show them. A snippet in use cannot be deleted."""

    form = ReusableTextForm
    list_display = ("name",)
    search_fields = ("name__contains_folded", "body__contains_folded")
    fields = ("name", "body")
    change_form_template = "admin/blog/snippet/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the list for the editor's menu."""
        view = self.admin_site.admin_view(self.list_as_json)
        return [path("list/", view, name="blog_snippet_list"), *super().get_urls()]

    def list_as_json(self, request: HttpRequest) -> JsonResponse:
        """Return all snippets, for the editor's menu."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return JsonResponse(list(Snippet.objects.values("id", "name")), safe=False)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the texts that show the snippet."""
        snippet = kwargs.get("obj")
        context["where_used"] = where_used(Reference.objects.to(snippet), request.user) if snippet else []
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, list[Any]]:
        """List the texts that show the snippets among the reasons they cannot be deleted."""
        deleted, counts, missing_permissions, protected = super().get_deleted_objects(objs, request)
        usage = [
            format_html("“{}” is used in {}", snippet, object_link(used.source) if used.is_readable else used.name)
            for snippet in objs
            for used in where_used(Reference.objects.to(snippet), request.user)
        ]
        return deleted, counts, missing_permissions, [*protected, *usage]


@admin.register(PostTemplate)
class PostTemplateAdmin(admin.ModelAdmin):
    """Templates for new posts."""

    form = ReusableTextForm
    list_display = ("name", "description")
    search_fields = ("name__contains_folded",)
    fieldsets = (
        (None, {"fields": ("name", "description", "title_hint", "body", "tldr")}),
        (
            "Posts of this kind",
            {"fields": ("disclaimer", "requires_red_flags", "requires_evidence_summary")},
        ),
    )
