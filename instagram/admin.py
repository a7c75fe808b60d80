"""The strip on the writing desk: its pictures, where they come from, and its settings."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from solo.admin import SingletonModelAdmin

from images.admin import ImagePickerMixin
from images.renditions import thumbnail_url
from instagram import archive
from instagram.forms import SettingsForm
from instagram.models import FollowSettings, Shot
from siteinfo.urls import admin_url

LIST = "admin:instagram_shot_changelist"


@admin.register(Shot)
class ShotAdmin(ImagePickerMixin, admin.ModelAdmin):
    """The squares, in the order of the strip."""

    change_list_template = "admin/instagram/shot/change_list.html"
    list_display = ("look", "__str__", "position", "is_shown", "taken_at", "source")
    list_display_links = ("look", "__str__")
    list_editable = ("position", "is_shown")
    list_filter = ("is_shown", "source")
    list_select_related = ("picture",)
    list_per_page = 50
    search_fields = ("caption", "picture__title", "picture__alt")
    search_help_text = "Words of the caption or the picture"
    fields = ("picture", "caption", "link", "taken_at", "position", "is_shown")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shot]:
        return Shot.objects.in_order()

    @admin.display(description="picture")
    def look(self, shot: Shot) -> SafeString:
        return format_html('<img src="{}" alt="" width="96" height="64" loading="lazy">', thumbnail_url(shot.picture))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        settings = FollowSettings.objects.first()
        if request.method == "GET" and settings and settings.trouble:
            self.message_user(request, settings.trouble, messages.WARNING)
        return super().changelist_view(request, extra_context)

    # ---- From the archive ------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("archive/", wrap(self.take_archive), name="instagram_shot_archive"),
            path("archive/<str:name>/", wrap(self.choose), name="instagram_shot_choose"),
            path("archive/<str:name>/<str:key>.jpg", wrap(self.small), name="instagram_shot_small"),
            *super().get_urls(),
        ]

    def take_archive(self, request: HttpRequest) -> HttpResponse:
        """Where an archive is uploaded; what is in it is shown next, and nothing is taken yet."""
        self._check(request)
        error = ""
        if request.method == "POST":
            upload = request.FILES.get("archive")
            try:
                if upload is None:
                    raise ValidationError("Choose a file first.")
                return HttpResponseRedirect(admin_url(Shot, "choose", archive.keep(upload)))
            except ValidationError as refused:
                error = refused.messages[0]
        return self._page(request, "Pictures from Instagram’s archive", error=error)

    def choose(self, request: HttpRequest, name: str) -> HttpResponse:
        """The posts of a kept archive; those that are ticked come into the strip."""
        self._check(request)
        try:
            found = archive.offers(name)
            keys = request.POST.getlist("key")
            if request.method == "POST" and "_none" in request.POST:
                archive.forget(name)
                return HttpResponseRedirect(reverse(LIST))
            if request.method == "POST" and keys:
                taken, refused = archive.take(name, keys)
                archive.forget(name)
                self._tell(request, taken, refused)
                return HttpResponseRedirect(reverse(LIST))
        except ValidationError as gone:
            return self._page(request, "Pictures from Instagram’s archive", error=gone.messages[0])
        return self._page(
            request,
            "Which pictures do you want?",
            name=name,
            offers=found,
            known=archive.known(found),
            error="Tick a picture first." if request.method == "POST" else "",
        )

    def small(self, request: HttpRequest, name: str, key: str) -> HttpResponse:
        """A small version of an offered picture."""
        self._check(request)
        try:
            data = archive.small(name, key)
        except ValidationError as error:
            raise Http404 from error
        return HttpResponse(data, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    def _check(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, title: str, **context: Any) -> TemplateResponse:
        frame = self.admin_site.each_context(request)
        return TemplateResponse(
            request, "admin/instagram/shot/archive.html", {**frame, "title": title, "opts": self.opts, **context}
        )

    def _tell(self, request: HttpRequest, taken: int, refused: list[str]) -> None:
        if taken:
            words = "1 picture is" if taken == 1 else f"{taken} pictures are"
            self.message_user(request, f"{words} in the strip now. Readers see the newest first.", messages.SUCCESS)
        elif not refused:
            self.message_user(request, "These pictures were in the strip already.")
        for sentence in refused:
            self.message_user(request, sentence, messages.ERROR)


@admin.register(FollowSettings)
class FollowSettingsAdmin(SingletonModelAdmin):
    """One row. Of the token only its state is shown."""

    form = SettingsForm
    readonly_fields = ("state",)
    fieldsets = (
        ("The strip", {"fields": ("title", "count")}),
        ("Straight from Instagram", {"fields": ("state", "new_token", "forget_token")}),
    )

    @admin.display(description="at present")
    def state(self, settings: FollowSettings) -> str:
        if not settings.token:
            return "No token: you choose the pictures yourself."
        if settings.trouble:
            return settings.trouble
        if not settings.fetched_at:
            return "There is a token. The first pictures come within a few minutes."
        last = date_format(timezone.localtime(settings.fetched_at), "F j, H:i")
        ends = settings.token_ends_at and date_format(timezone.localtime(settings.token_ends_at), "F j")
        return f"Works. Last asked on {last}." + (
            f" The token is good until {ends} and is renewed before." if ends else ""
        )
