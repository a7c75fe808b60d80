"""Admin for affiliate links."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from affiliates.admin.link_actions import edit_links, replacement_pk, retire_and_report, warn_about_tag
from affiliates.convert_pasted_links import convert, find_pasted_links
from affiliates.models import (
    ClickCount,
    Link,
)
from affiliates.references import references_to_link
from siteinfo.autocomplete import AutocompleteMixin
from siteinfo.local_time import format_date, format_day
from siteinfo.urls import admin_url
from siteinfo.where_used import WhereUsed, is_readable_by, where_used

CLICK_DAYS = 30


class RetireLinksForm(ActionForm):
    """The action form with an optional replacement."""

    replacement = forms.ModelChoiceField(
        Link.objects.active(), required=False, empty_label="(none)", label="Replace with:"
    )


class LinkFilter(admin.SimpleListFilter):
    """Filter broken, unused and retired links."""

    title = "status"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("broken", "Broken"), ("unused", "Not used"), ("retired", "Retired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the links of the choice; active ones by default."""
        chosen = {
            "broken": queryset.broken(),
            "unused": queryset.unused(),
            "retired": queryset.filter(is_retired=True),
        }
        return chosen.get(self.value() or "", queryset.active())


@admin.register(Link)
class LinkAdmin(AutocompleteMixin, admin.ModelAdmin):
    """Affiliate links, and the conversion of pasted shop URLs."""

    action_form = RetireLinksForm
    actions = ("retire_links", "restore_links")
    list_display = ("name", "program", "product", "status", "recent_clicks")
    list_filter = (LinkFilter, "program")
    list_select_related = ("program", "product", "replacement")
    search_fields = ("name__contains_folded", "slug__contains_folded", "destination__contains_folded")
    search_help_text = "Search names and URLs"
    autocomplete_fields = ("product",)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of pasted URLs."""
        return [
            path("pasted/", self.admin_site.admin_view(self.pasted_urls), name="affiliates_pasted"),
            *super().get_urls(),
        ]

    def pasted_urls(self, request: HttpRequest) -> HttpResponse:
        """List shop URLs pasted into texts, each with a button that converts it to an affiliate link."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            assert isinstance(request.user, User)
            try:
                link, changed = convert(request.POST.get("destination", ""), request.user)
                message = "Created the affiliate link “{}”, used in {}. You can change its name here."
                self.message_user(
                    request, format_html(message, link, edit_links(changed, request.user)), messages.SUCCESS
                )
                return HttpResponseRedirect(admin_url(link))
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.WARNING)
                return HttpResponseRedirect(request.path)
        user = request.user
        rows = [
            (each, [WhereUsed(source, [], is_readable_by(source, user)) for source in each.sources])
            for each in find_pasted_links()
        ]
        context = {**self.admin_site.each_context(request), "title": "Pasted shop URLs", "opts": self.opts}
        return TemplateResponse(request, "admin/affiliates/link/pasted.html", {**context, "rows": rows})

    def get_fieldsets(self, request: HttpRequest, obj: Link | None = None) -> Any:
        """Show status and clicks of existing links."""
        sections: list[Any] = [(None, {"fields": ("name", "destination", "product", "price", "slug")})]
        if obj:
            sections.append(("Status", {"fields": ("program", "target_url", "status", "clicks_by_day")}))
        return sections

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: links are retired instead, so that no text contains a broken one."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Link | None = None) -> Any:
        """Make the slug of existing links read-only, because texts refer to it."""
        return ("slug", "program", "target_url", "status", "clicks_by_day") if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        """Return the links with their recent clicks."""
        counts = ClickCount.objects.last_days(CLICK_DAYS).filter(link=OuterRef("pk")).order_by().values("link")
        clicks = Coalesce(Subquery(counts.annotate(sum=Sum("count")).values("sum")), 0)
        queryset: QuerySet[Link] = super().get_queryset(request).annotate(recent_click_count=clicks)
        return queryset

    @admin.display(description=f"clicks in {CLICK_DAYS} days", ordering="recent_click_count")
    def recent_clicks(self, link: Any) -> int:
        """Return the clicks of the last CLICK_DAYS days."""
        return link.recent_click_count

    @admin.display(description="shop URL with tag")
    def target_url(self, link: Link) -> str:
        """Return the URL visitors are sent to."""
        return link.shop_url

    @admin.display(description="status")
    def status(self, link: Link) -> str:
        """Return whether the link is active, and the result of the last check."""
        if link.is_retired:
            return f"Retired, replaced by “{link.replacement}”" if link.replacement else "Retired"
        if not (link.program.allows_bots or link.health):
            return "Active"
        when = f", {format_day(link.checked_at)}" if link.checked_at else ""
        return f"{link.get_health_display()}{when}. {link.check_result}".strip().rstrip(".")

    @admin.display(description="clicks by day")
    def clicks_by_day(self, link: Link) -> SafeString | str:
        """Return a table of the latest days with clicks."""
        rows = (
            ClickCount.objects.filter(link=link).order_by("-day").values_list("day").annotate(total=Sum("count"))[:60]
        )
        if not rows:
            return "No clicks yet."
        cells = ((format_date(day), count) for day, count in rows)
        lines = format_html_join("", "<tr><td>{}</td><td>{}</td></tr>", cells)
        head = '<tr><th scope="col">Day</th><th scope="col">Clicks</th></tr>'
        return format_html(f"<table><thead>{head}</thead><tbody>{{}}</tbody></table>", lines)

    def save_model(self, request: HttpRequest, obj: Link, form: forms.ModelForm, change: bool) -> None:
        """Save, and warn about a missing or foreign tag."""
        super().save_model(request, obj, form, change)
        warn_about_tag(request, obj, form.data.get("destination", ""))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show where the link is used."""
        link = kwargs.get("obj")
        context["where_used"] = where_used(references_to_link(link), request.user) if link else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="Retire", permissions=["change"])
    def retire_links(self, request: HttpRequest, queryset: QuerySet[Link]) -> None:
        """Retire the selected links."""
        replacement = Link.objects.active().filter(pk=replacement_pk(request)).first()
        retire_and_report(self, request, list(queryset), replacement)

    @admin.action(description="Restore", permissions=["change"])
    def restore_links(self, request: HttpRequest, queryset: QuerySet[Link]) -> None:
        """Make the selected retired links active again."""
        for link in queryset.filter(is_retired=True):
            link.restore()
        self.message_user(request, "Restored the selected links.", messages.SUCCESS)
