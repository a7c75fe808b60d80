"""Admin for redirects, their CSV import and export, and the 404 log."""

from contextlib import nullcontext
from itertools import chain
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString

from plaintext.csv_reader import decode
from redirects import csv_io, services, url_registry
from redirects.forms import RedirectForm
from redirects.models import NotFoundLog, Redirect
from redirects.normalize import normalize_path

PREVIEW_ROWS = 200
MAX_FILE_SIZE = 2 * 1024 * 1024  # bytes


class BrokenTargetFilter(admin.SimpleListFilter):
    """Filter redirects whose target has no page."""

    title = "target"
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the filter's only choice."""
        return [("broken", "Has no page")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the redirects with a broken target, in a constant number of queries."""
        if self.value() != "broken":
            return queryset
        own = Redirect.objects.exclude(target_path="").exclude(target_path__endswith="*")
        return queryset.filter(target_path__in=url_registry.broken_reasons(own.values_list("target_path", flat=True)))


class RedirectChangeList(ChangeList):
    """Add `broken_reason` to each row, looked up once for the page."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the rows of the page and their broken targets."""
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        paths = [row.target_path for row in self.result_list if row.target_path and not row.target.endswith("*")]
        reasons = url_registry.broken_reasons(paths)
        for row in self.result_list:
            row.broken_reason = reasons.get(row.target_path, "")


@admin.register(Redirect)
class RedirectAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Redirects, with CSV import and export."""

    form = RedirectForm
    change_list_template = "admin/redirects/redirect/change_list.html"
    list_display = ("old_path", "new_url", "status_code", "hits", "last_hit_at", "origin")
    list_filter = (BrokenTargetFilter, "status_code", "origin")
    search_fields = ("old_path__contains_folded", "target__contains_folded", "note__contains_folded")
    search_help_text = "Search URLs and notes"
    list_per_page = 50
    show_full_result_count = False
    fields = ("old_path", "target", "status_code", "note")

    @admin.display(description="new URL", ordering="target")
    def new_url(self, row: Any) -> SafeString | str:
        """Return the target, marked if it has no page."""
        if not row.target:
            return "–"
        if row.broken_reason:
            badge = '{} <span class="state state--trash" title="{}">No page</span>'
            return format_html(badge, row.target, row.broken_reason)
        return str(row.target)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the change list that looks up broken targets."""
        return RedirectChangeList

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Suggest the most similar live path for a URL from the 404 log."""
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        if "old_path" in initial and "target" not in initial:
            initial["target"] = url_registry.closest_path(normalize_path(initial["old_path"]))
        return initial

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Hold the lock from validation to save, so that the check for loops stays true."""
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with services.redirect_lock():
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Redirect, form: Any, change: bool) -> None:
        """Save through the services, which flatten chains."""
        obj.set_target(obj.target)
        services.save_redirects([obj])
        if form.chain_was_flattened:
            target = obj.target or "a page that is gone"
            self.message_user(request, f"The new URL is itself redirected, so this redirect points to {target}.")

    def get_urls(self) -> list[URLPattern]:
        """Add the import and export views."""
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="redirects_redirect_import"),
            path("export/", wrap(self.export_view), name="redirects_redirect_export"),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Return all redirects as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        lines = csv_io.export_redirects(Redirect.objects.order_by("old_path").iterator())
        name = f"redirects-{timezone.localdate():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        # Spreadsheets recognize UTF-8 by the byte order mark.
        return StreamingHttpResponse(chain(["\ufeff"], lines), content_type="text/csv; charset=utf-8", headers=headers)

    @method_decorator(reauthentication_required)
    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Import redirects from CSV: first a preview, then everything in the preview or nothing."""
        if not self.has_add_permission(request) or not self.has_change_permission(request):
            raise PermissionDenied
        is_confirmed = "_import" in request.POST
        text, error, parsed = "", "", None
        if request.method == "POST":
            try:
                text = self._submitted_text(request)
                with services.redirect_lock() if is_confirmed else nullcontext():
                    parsed = csv_io.parse_csv(text)
                    if is_confirmed:
                        services.save_redirects(parsed.rows)
            except ValidationError as invalid:
                error = invalid.messages[0]
        if is_confirmed and parsed and parsed.accepted:
            count = len(parsed.rows)
            self.message_user(request, f"Imported {count} redirect{pluralize(count)}.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:redirects_redirect_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Import redirects",
            "opts": self.opts,
            "parsed": parsed,
            "accepted": parsed.accepted[:PREVIEW_ROWS] if parsed else [],
            "skipped": parsed.skipped[:PREVIEW_ROWS] if parsed else [],
            "text": text,
            "error": error,
            "max_rows": csv_io.MAX_ROWS,
        }
        return TemplateResponse(request, "admin/redirects/redirect/import.html", context)

    def _submitted_text(self, request: HttpRequest) -> str:
        """Return the uploaded file's text, or the text of the preview. Raises ValidationError without either."""
        file = request.FILES.get("file")
        if file is None:
            if text := request.POST.get("text", ""):
                return text
            raise ValidationError("Choose a file first.")
        if (file.size or 0) > MAX_FILE_SIZE:
            raise ValidationError("This file is larger than 2 MB. Split it into smaller files.")
        return decode(file.read())


class NotFoundLogChangeList(ChangeList):
    """Add `has_page` to each row, looked up once for the page."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the rows of the page and find those that now have a page."""
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        broken = url_registry.broken_reasons([row.path for row in self.result_list])
        for row in self.result_list:
            row.has_page = url_registry.has_sources() and row.path not in broken


@admin.register(NotFoundLog)
class NotFoundLogAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The 404 log. Entries disappear once their URL has a page or a redirect."""

    change_list_template = "admin/redirects/notfoundlog/change_list.html"
    row_names = "path,paths"
    list_display = ("path", "visit_count", "bot_count", "referrer", "last_seen_at", "next_step")
    list_display_links = None
    search_fields = ("path__contains_folded", "referrer__contains_folded")
    search_help_text = "Search URLs and referring sites"
    list_per_page = 50
    show_full_result_count = False
    actions = ("mark_gone",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[NotFoundLog]:
        """Return the entries without a redirect."""
        return NotFoundLog.objects.without_redirect()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the change list that looks up which entries have a page."""
        return NotFoundLogChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only requests add entries."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: NotFoundLog | None = None) -> bool:
        """Return False: entries cannot be edited."""
        return False

    @admin.display(description="")
    def next_step(self, row: Any) -> SafeString | str:
        """Return a button that creates a redirect, or a note that the URL has a page."""
        if row.has_page:
            return "Has a page now"
        url = reverse("admin:redirects_redirect_add", query={"old_path": row.path})
        return format_html('<a class="button" href="{}" aria-label="Redirect {}">Redirect…</a>', url, row.path)

    @admin.action(description="Mark as gone (410)", permissions=["delete"])
    def mark_gone(self, request: HttpRequest, queryset: QuerySet[NotFoundLog]) -> None:
        """Return 410 for the selected URLs, so that search engines stop requesting them."""
        if not request.user.has_perm("redirects.add_redirect"):
            raise PermissionDenied
        gone = Redirect.StatusCode.GONE
        rows = [Redirect(old_path=entry.path, status_code=gone) for entry in queryset if "*" not in entry.path]
        with transaction.atomic():
            services.save_redirects(rows)
        message = f"Marked {len(rows)} URL{pluralize(len(rows))} as gone."
        self.message_user(request, message, messages.SUCCESS)
