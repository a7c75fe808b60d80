"""The Instagram strip in the admin: its posts, the import from an archive, and its settings."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from solo.admin import SingletonModelAdmin

from images.admin import ImagePickerMixin
from images.renditions import thumbnail_url
from instagram import archive
from instagram.forms import InstagramSettingsForm
from instagram.models import InstagramPost, InstagramSettings
from siteinfo.list_forms import LabeledListAdmin
from siteinfo.local_time import format_day, format_moment
from siteinfo.time_fields import LocalDateTimeField, keep_unchanged_times
from siteinfo.urls import admin_url


class InstagramPostForm(forms.ModelForm):
    """Keeps the exact time of a post that is not changed."""

    def clean(self) -> dict[str, Any]:
        """Restore unchanged times."""
        cleaned = super().clean() or {}
        keep_unchanged_times(self, cleaned)
        return cleaned


@admin.register(InstagramPost)
class InstagramPostAdmin(ImagePickerMixin, LabeledListAdmin):
    """The posts, in the order of the strip."""

    list_display = ("thumbnail", "__str__", "position", "is_visible", "posted_at", "source")
    list_display_links = ("__str__",)
    list_editable = ("position", "is_visible")
    list_filter = ("is_visible", "source")
    list_select_related = ("image",)
    list_per_page = 50
    search_fields = ("caption__contains_folded", "image__title__contains_folded", "image__alt__contains_folded")
    search_help_text = "Search captions, image titles and alternative texts"
    fields = ("image", "caption", "url", "posted_at", "position", "is_visible")
    form = InstagramPostForm
    formfield_overrides = {models.DateTimeField: {"form_class": LocalDateTimeField, "widget": AdminSplitDateTime}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[InstagramPost]:
        """Sort as in the strip."""
        return InstagramPost.objects.in_order()

    @admin.display(description="image")
    def thumbnail(self, post: InstagramPost) -> SafeString:
        """Show the image."""
        return format_html('<img src="{}" alt="" width="96" height="64" loading="lazy">', thumbnail_url(post.image))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, with a warning if fetching from Instagram fails."""
        settings = InstagramSettings.load()
        if request.method == "GET" and settings.problem:
            self.message_user(request, settings.problem, messages.WARNING)
        return super().changelist_view(request, extra_context)

    # ---- Import from an archive ------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the import from an archive."""
        wrap = self.admin_site.admin_view
        prefix = "instagram_instagrampost"
        return [
            path("archive/", wrap(self.upload_archive), name=f"{prefix}_upload_archive"),
            path("archive/<str:name>/", wrap(self.choose_posts), name=f"{prefix}_choose_posts"),
            path("archive/<str:name>/<str:key>.jpg", wrap(self.archive_thumbnail), name=f"{prefix}_archive_thumbnail"),
            *super().get_urls(),
        ]

    def upload_archive(self, request: HttpRequest) -> HttpResponse:
        """Upload an archive. Nothing is imported until posts are chosen on the next page."""
        self._require_add_permission(request)
        if request.method != "POST":
            return self._upload_page(request)
        upload = request.FILES.get("archive")
        if upload is None:
            return self._upload_page(request, "Choose a file first.")
        try:
            name = archive.store_upload(upload)
        except ValidationError as error:
            return self._upload_page(request, error.messages[0])
        return HttpResponseRedirect(admin_url(InstagramPost, "choose_posts", name))

    def choose_posts(self, request: HttpRequest, name: str) -> HttpResponse:
        """Choose posts from a stored archive and import them."""
        self._require_add_permission(request)
        keys = request.POST.getlist("key")
        try:
            posts = archive.read_posts(name)
            if "_cancel" in request.POST:
                archive.delete(name)
                return HttpResponseRedirect(admin_url(InstagramPost))
            if keys:
                count, errors = archive.import_posts(name, keys)
                archive.delete(name)
                self._report_import(request, count, errors)
                return HttpResponseRedirect(admin_url(InstagramPost))
        except ValidationError as error:
            return self._upload_page(request, error.messages[0])
        context = {
            "name": name,
            "posts": posts,
            "imported_keys": archive.imported_keys(posts),
            "error": "Select at least one image." if request.method == "POST" else "",
        }
        return self._page(request, "choose_posts", "Choose images to import", context)

    def archive_thumbnail(self, request: HttpRequest, name: str, key: str) -> HttpResponse:
        """Show a small rendition of an image in the archive."""
        self._require_add_permission(request)
        try:
            data = archive.thumbnail(name, key)
        except ValidationError as error:
            raise Http404 from error
        return HttpResponse(data, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    def _require_add_permission(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _upload_page(self, request: HttpRequest, error: str = "") -> TemplateResponse:
        return self._page(request, "upload_archive", "Import from an Instagram archive", {"error": error})

    def _page(self, request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> TemplateResponse:
        site = self.admin_site.each_context(request)
        template = f"admin/instagram/instagrampost/{name}.html"
        return TemplateResponse(request, template, {**site, "title": title, "opts": self.opts, **context})

    def _report_import(self, request: HttpRequest, count: int, errors: list[str]) -> None:
        if count:
            images = "1 image" if count == 1 else f"{count} images"
            self.message_user(request, f"Added {images} to the strip, newest first.", messages.SUCCESS)
        elif not errors:
            self.message_user(request, "These images were already in the strip.")
        for error in errors:
            self.message_user(request, error, messages.ERROR)


@admin.register(InstagramSettings)
class InstagramSettingsAdmin(SingletonModelAdmin):
    """The settings. The access token is never shown, only whether it works."""

    form = InstagramSettingsForm
    readonly_fields = ("connection",)
    fieldsets = (
        ("Strip", {"fields": ("title", "image_count")}),
        ("Connection to Instagram", {"fields": ("connection", "new_token", "remove_token")}),
    )

    @admin.display(description="status")
    def connection(self, settings: InstagramSettings) -> str:
        """Describe whether the access token works."""
        if not settings.access_token:
            return "Not connected. Add images by hand or import an archive."
        if settings.problem:
            return settings.problem
        if not settings.fetched_at:
            return "Connected. The first images arrive within a few minutes."
        fetched = format_moment(settings.fetched_at)
        if not settings.token_expires_at:
            return f"Connected. Last fetched on {fetched}."
        expires = format_day(settings.token_expires_at)
        return f"Connected. Last fetched on {fetched}. The token expires on {expires} and is refreshed before then."
