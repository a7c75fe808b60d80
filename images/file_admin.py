"""The admin of the files that visitors download."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from images import file_views
from images.models import MediaFile
from richtext.references import Reference
from siteinfo.where_used import where_used


class FileForm(forms.ModelForm):
    """A new file with its title."""

    upload = forms.FileField(
        label="File", help_text="A PDF, another document or a recording, at most 30 MB. Its type is checked."
    )

    class Meta:
        model = MediaFile
        fields = ("title",)

    is_new = True

    def clean(self) -> dict[str, Any]:
        """Store the file, or find it if the library has it already."""
        cleaned = super().clean() or {}
        upload = cleaned.get("upload")
        if upload and not self.errors:
            try:
                self.instance, self.is_new = file_views.store_upload(upload, cleaned.get("title", ""))
            except ValidationError as error:
                self.add_error("upload", error)
        return cleaned

    def save(self, commit: bool = True) -> MediaFile:
        """Return the stored file."""
        return self.instance

    def save_m2m(self) -> None:
        """Do nothing: files have no such fields."""


@admin.register(MediaFile)
class MediaFileAdmin(admin.ModelAdmin):
    """The files that visitors download."""

    fields = ("title", "original", "name", "content_type", "readable_size", "downloads")
    readonly_fields = ("original", "name", "content_type", "readable_size", "downloads")
    list_display = ("title", "name", "readable_size", "downloads")
    search_fields = ("title__contains_folded", "name__contains_folded")

    def get_urls(self) -> list[URLPattern]:
        """Add the list and the upload for the editor."""
        view = self.admin_site.admin_view
        return [
            path("list/", view(file_views.list_as_json), name="images_mediafile_list"),
            path("upload/", view(file_views.upload), name="images_mediafile_upload"),
            *super().get_urls(),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Ask for a file when one is added."""
        return super().get_form(request, obj, change, **kwargs if obj else {**kwargs, "form": FileForm})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the file and its title, or show what is stored."""
        return super().get_fields(request, obj) if obj else ("upload", "title")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the title. A new file is stored already."""
        if change:
            super().save_model(request, obj, form, change)
        elif not form.is_new:
            self.message_user(request, "The library had this file already. It was not added again.", messages.WARNING)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show where the file is used."""
        file = context["original"]
        context["where_used"] = where_used(Reference.objects.to(file), request.user) if file else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="file")
    def original(self, file: MediaFile) -> SafeString:
        """Link to the file."""
        return format_html('<a href="{}">{}</a>', file.file.url, file.file.url)

    @admin.display(description="size", ordering="size")
    def readable_size(self, file: MediaFile) -> str:
        """Return the type and the size."""
        return file.description

    @admin.display(description="downloads", ordering="download_count")
    def downloads(self, file: MediaFile) -> int:
        """Return how often people downloaded it."""
        return file.download_count
