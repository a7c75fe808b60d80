"""Moved addresses on the writing desk: the list, files in and out, and what readers did not find."""

from contextlib import nullcontext
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from redirects import csv_io, services, url_registry
from redirects.models import NotFound, Redirect
from redirects.normalize import key_of, new_address, old_address

SHOWN = 200
LARGEST_FILE = 2 * 1024 * 1024


class RedirectForm(forms.ModelForm):
    """An old address and where it leads. What the author typed is brought into the one form of addresses."""

    class Meta:
        model = Redirect
        fields = ("old_path", "target", "kind", "note")
        widgets = {
            "old_path": forms.TextInput(attrs={"class": "vTextField", "placeholder": "/old-post/"}),
            "target": forms.TextInput(attrs={"class": "vTextField", "placeholder": "/new-post/"}),
        }
        error_messages = {"old_path": {"unique": "This address leads elsewhere already. Change that redirect instead."}}

    def clean_old_path(self) -> str:
        """The old address in its one form; it must be one that has no page."""
        old = old_address(self.cleaned_data["old_path"])
        if url_registry.are_known() and not old.endswith("/*") and not url_registry.why_dead([old]):
            raise ValidationError("There is a page at this address, so readers would never be led away from it.")
        return old

    def clean_target(self) -> str:
        target = self.cleaned_data["target"]
        return new_address(target) if target else ""

    def clean(self) -> dict[str, Any]:
        """The whole: a target unless it is gone, no circle, and no chain; `self.led_on` says that one was shortened."""
        cleaned = super().clean() or {}
        self.led_on = False
        if self.errors:
            return cleaned
        if cleaned["kind"] == Redirect.Kind.GONE:
            if cleaned["target"]:
                self.add_error("target", "What is gone leads nowhere: leave this empty, or choose another kind.")
            return cleaned
        if not cleaned["target"]:
            self.add_error("target", "Where should readers be led? If nowhere, choose “Gone for good”.")
            return cleaned
        row = Redirect(pk=self.instance.pk, old_path=cleaned["old_path"], kind=cleaned["kind"])
        row.lead_to(cleaned["target"])
        reason = csv_io.why_not(row) or (str(services.CircleError(row)) if services.flatten([row]) else "")
        if reason:
            self.add_error("target", reason)
            return cleaned
        self.led_on = row.target != cleaned["target"]
        return {**cleaned, "target": row.target, "kind": row.kind}


class DeadFilter(admin.SimpleListFilter):
    """Redirects whose new address has no page. A fixed number of queries."""

    title = "where it leads"
    parameter_name = "leads"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("nowhere", "To no page of this site")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "nowhere":
            return queryset
        own = Redirect.objects.exclude(target_path="").exclude(target_path__endswith="*")
        return queryset.filter(target_path__in=url_registry.why_dead(own.values_list("target_path", flat=True)))


class RedirectList(ChangeList):
    """The list, each row with `reason` why its new address is dead. Looked up once for the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        keys = [row.target_path for row in self.result_list if row.target_path and not row.target.endswith("*")]
        reasons = url_registry.why_dead(keys)
        for row in self.result_list:
            row.reason = reasons.get(row.target_path, "")


@admin.register(Redirect)
class RedirectAdmin(admin.ModelAdmin):
    form = RedirectForm
    change_list_template = "admin/redirects/redirect/change_list.html"
    list_display = ("old_path", "leads_to", "kind", "hits", "last_hit_at", "origin")
    list_filter = (DeadFilter, "kind", "origin")
    search_fields = ("old_path", "target", "note")
    search_help_text = "Part of an address or a note"
    list_per_page = 50
    show_full_result_count = False
    fields = ("old_path", "target", "kind", "note")

    @admin.display(description="new address", ordering="target")
    def leads_to(self, row: Any) -> SafeString | str:
        if not row.target:
            return "–"
        if row.reason:
            return format_html('{} <span class="state state--trash" title="{}">No page</span>', row.target, row.reason)
        return row.target

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RedirectList

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """For an address that was not found, the page whose address is most like it as a suggestion."""
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        if "old_path" in initial and "target" not in initial:
            initial["target"] = url_registry.most_similar(key_of(initial["old_path"]))
        return initial

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        # From the check for circles to the save nobody else may change where addresses lead.
        with services.one_at_a_time():
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Redirect, form: Any, change: bool) -> None:
        obj.lead_to(obj.target)
        services.store([obj])
        if form.led_on:
            words = "What you gave as new address leads on itself, so this leads straight to its end: {}."
            self.message_user(request, words.format(obj.target or "gone for good"))

    # ---- Files --------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.take_file), name="redirects_redirect_import"),
            path("export/", wrap(self.give_file), name="redirects_redirect_export"),
            *super().get_urls(),
        ]

    def give_file(self, request: HttpRequest) -> HttpResponse:
        """All redirects as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = csv_io.write(Redirect.objects.order_by("old_path").iterator())
        name = f"redirects-{timezone.localdate():%Y-%m-%d}.csv"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        # With the mark by which spreadsheets know UTF-8.
        return HttpResponse(f"\ufeff{text}", content_type="text/csv; charset=utf-8", headers=disposition)

    def take_file(self, request: HttpRequest) -> HttpResponse:
        """Redirects from CSV in two steps: what a file holds is shown first, and taken whole or not at all."""
        if not self.has_add_permission(request) or not self.has_change_permission(request):
            raise PermissionDenied
        text, error, table, is_taking = "", "", None, "_take" in request.POST
        if request.method == "POST":
            try:
                text = self._text(request)
                with services.one_at_a_time() if is_taking else nullcontext():
                    table = csv_io.read(text)
                    if is_taking:
                        services.store(table.rows)
            except ValidationError as refused:
                error = refused.messages[0]
        if is_taking and table and table.taken:
            words = "1 redirect was" if len(table.rows) == 1 else f"{len(table.rows)} redirects were"
            self.message_user(request, f"{words} taken from the file.")
            return HttpResponseRedirect(reverse("admin:redirects_redirect_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Redirects from a file",
            "opts": self.opts,
            "table": table,
            "taken": table.taken[:SHOWN] if table else [],
            "refused": table.refused[:SHOWN] if table else [],
            "text": text,
            "error": error,
            "most": csv_io.MOST_ROWS,
        }
        return TemplateResponse(request, "admin/redirects/redirect/import.html", context)

    def _text(self, request: HttpRequest) -> str:
        """The text of the chosen file, or of the one shown before; ValidationError without either."""
        file = request.FILES.get("file")
        if file is None:
            if text := request.POST.get("text", ""):
                return text
            raise ValidationError("Choose a file first.")
        if (file.size or 0) > LARGEST_FILE:
            raise ValidationError("This file is larger than 2 MB. Split it in two.")
        return csv_io.decoded(file.read())


class NotFoundList(ChangeList):
    """The list, each row with whether it has a page by now. Looked up once for the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        dead = url_registry.why_dead([row.path for row in self.result_list])
        for row in self.result_list:
            row.answers = url_registry.are_known() and row.path not in dead


@admin.register(NotFound)
class NotFoundAdmin(admin.ModelAdmin):
    """Addresses that had no page. The list cleans itself: what leads somewhere goes."""

    change_list_template = "admin/redirects/notfound/change_list.html"
    list_display = ("path", "count", "robots", "referrer", "last_seen_at", "what_to_do")
    list_display_links = None
    search_fields = ("path", "referrer")
    search_help_text = "Part of an address, or the site that readers came from"
    list_per_page = 50
    show_full_result_count = False
    actions = ("say_gone",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[NotFound]:
        return NotFound.objects.unanswered()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NotFoundList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: NotFound | None = None) -> bool:
        return False

    @admin.display(description="")
    def what_to_do(self, row: Any) -> SafeString | str:
        if row.answers:
            return "Has a page now"
        address = reverse("admin:redirects_redirect_add", query={"old_path": row.path})
        return format_html('<a class="button" href="{}" aria-label="Redirect {}">Redirect…</a>', address, row.path)

    @admin.action(description="Say that they are gone for good", permissions=["delete"])
    def say_gone(self, request: HttpRequest, queryset: QuerySet[NotFound]) -> None:
        """Answer 410 at the chosen addresses, so that search engines stop asking."""
        if not request.user.has_perm("redirects.add_redirect"):
            raise PermissionDenied
        rows = [Redirect(old_path=each.path, kind=Redirect.Kind.GONE) for each in queryset if "*" not in each.path]
        with transaction.atomic():
            services.store(rows)
        words = "1 address is" if len(rows) == 1 else f"{len(rows)} addresses are"
        self.message_user(request, f"{words} gone for good now.", messages.SUCCESS)
