"""Imports and menus from WordPress in the admin."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from layout.block_types import MENUS, SIDES, Area
from wordpress.import_admin import ImportRunAdmin
from wordpress.menus import place_menu
from wordpress.models import ImportedMenu

__all__ = ["ImportRunAdmin", "ImportedMenuAdmin"]

type _Action = Callable[["ImportedMenuAdmin", HttpRequest, QuerySet[ImportedMenu]], None]


def _placing_action(area: Area) -> _Action:
    """Return the admin action that puts the selected menu into `area`."""
    verb = "Replace the links in" if area in MENUS else "Add below a heading to"

    @admin.action(description=f"{verb}: {area.label}", permissions=["place"])
    def place(model_admin: "ImportedMenuAdmin", request: HttpRequest, queryset: QuerySet[ImportedMenu]) -> None:
        if len(queryset) != 1:
            model_admin.message_user(request, "Select one menu at a time.", messages.WARNING)
            return
        skipped = place_menu(queryset[0], area)
        model_admin.message_user(request, f"“{queryset[0]}” is now in this area: {area.label}.", messages.SUCCESS)
        if skipped:
            titles = ", ".join(f"“{title}”" for title in skipped)
            model_admin.message_user(request, f"Left out, because there is no such page: {titles}.", messages.WARNING)

    place.__name__ = f"place_in_{area.replace('-', '_')}"
    return place


@admin.register(ImportedMenu)
class ImportedMenuAdmin(admin.ModelAdmin):
    """A list of menus with an action for each area that takes links."""

    list_display = ("name", "site", "links")
    list_display_links = None
    search_fields = ("name__contains_folded",)
    actions = tuple(_placing_action(area) for area in Area if area in MENUS | SIDES)

    @admin.display(description="entries")
    def links(self, menu: ImportedMenu) -> SafeString:
        """Return the titles of the top-level entries."""
        return format_html_join(", ", "{}", ((entry["title"] or entry["url"],) for entry in menu.entries))

    def has_place_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may change menus and widgets."""
        return request.user.has_perm("layout.change_block")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: menus come from an import."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ImportedMenu | None = None) -> bool:
        """Return False: menus are edited under Menus and widgets."""
        return False
