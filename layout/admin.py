"""Admin for menus and widgets: a page per area where blocks are sorted, hidden, added and edited."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from images.admin import ImagePickerMixin
from layout import services
from layout.area_editor import (
    DESCRIPTIONS,
    DIRECTIONS,
    block_type_choices,
    build_rows,
    focus_after_change,
    search_link_targets,
)
from layout.block_types import BLOCK_TYPES, Area
from layout.context import LayoutContext
from layout.forms import BlockForm
from layout.models import Block
from pages.link_search import search_links
from plaintext.numbers import parse_pk
from siteinfo.urls import admin_url

_ALL_FIELDS = ("title", "link", "image", "text", "max_items")


@admin.register(Block)
class BlockAdmin(ImagePickerMixin, admin.ModelAdmin):
    """Blocks by area. Users who may change the site information may change the layout."""

    form = BlockForm

    class Media:
        js = (Script("layout/sortable.js", type="module"),)

    # ---- Permissions -----------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may change the site information."""
        return bool(request.user.has_perm("siteinfo.change_siteinfo"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change the site information."""
        return self.has_module_permission(request)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Leave "add" out of the dashboard, since a block needs an area."""
        return {"add": False, "change": True, "delete": False, "view": True}

    # ---- Areas -----------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the page of an area."""
        view = self.admin_site.admin_view(self.area_view)
        return [path("area/<str:area>/", view, name="layout_block_area"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show all areas instead of a list of blocks."""
        if not self.has_module_permission(request):
            raise PermissionDenied
        context = LayoutContext(request, {})
        areas = [
            {
                "area": area,
                "description": DESCRIPTIONS[area],
                "is_custom": area in context.custom_areas,
                "names": [node.block.name for node in context.nodes(area) if node.block.is_shown],
            }
            for area in Area
        ]
        return self._render(request, "areas", "Menus and widgets", areas=areas)

    def area_view(self, request: HttpRequest, area: str) -> HttpResponse:
        """Show the blocks of an area and what can be added. Each button posts one change, which is saved at once."""
        if not self.has_module_permission(request):
            raise PermissionDenied
        if area not in Area:
            raise Http404
        if request.method == "POST":
            return HttpResponseRedirect(_area_url(area, **self._post_change(request, area)))
        context = LayoutContext(request, {})
        rows = build_rows(context, context.nodes(area))
        parent = next((row.block for row in rows if str(row.block.pk) == request.GET.get("parent")), None)
        query = request.GET.get("q", "").strip()[:200]
        return self._render(
            request,
            "area",
            Area(area).label,
            area=Area(area),
            areas=Area,
            description=DESCRIPTIONS[Area(area)],
            is_custom=area in context.custom_areas,
            rows=rows,
            parent=parent,
            choices=block_type_choices(area, rows, parent),
            takes_links=parent or area in BLOCK_TYPES["link"].areas,
            q=query,
            suggestions=search_link_targets(query, request.user),
            **focus_after_change(rows, request.GET.get("focus", "")),
        )

    def _post_change(self, request: HttpRequest, area: str) -> dict[str, str]:
        """Apply the posted change, or tell the user why it is not possible. Return the query of the next page."""
        posted = {name: str(value) for name, value in request.POST.items()}
        try:
            return self._apply_change(request, area, posted)
        except ValidationError as error:
            messages.error(request, " ".join(dict.fromkeys(error.messages)))
            return {}

    def _apply_change(self, request: HttpRequest, area: str, posted: dict[str, str]) -> dict[str, str]:
        if "customize" in posted:
            services.customize_area(area)
        elif "reset" in posted:
            services.reset_area(area)
            messages.success(request, "The default blocks are back.")
        elif "block_type" in posted or "link" in posted:
            return self._add_block(request, area, posted)
        elif "move" in posted:
            pks = (parse_pk(posted.get(name)) for name in ("move", "parent", "before"))
            pk, parent_pk, before_pk = pks
            block = services.move_block(pk or 0, parent_pk, before_pk)
            return {"focus": f"handle-{block.pk}"}
        elif direction := next((name for name in DIRECTIONS if name in posted), None):
            services.step_block(parse_pk(posted[direction]) or 0, direction)
            return {"focus": f"{direction}-{posted[direction]}"}
        elif switch := next((name for name in ("show", "hide") if name in posted), None):
            blocks = Block.objects.filter(pk=parse_pk(posted[switch]) or 0, area=area)
            if not blocks.update(is_shown=switch == "show"):
                raise ValidationError(services.BLOCK_GONE)
            return {"focus": f"switch-{posted[switch]}"}
        return {}

    def _add_block(self, request: HttpRequest, area: str, posted: dict[str, str]) -> dict[str, str]:
        parent_pk = parse_pk(posted.get("parent"))
        if parent_pk and not Block.objects.filter(pk=parent_pk, area=area, block_type="heading").exists():
            raise ValidationError(services.BLOCK_GONE)
        block = Block(area=area, block_type=posted.get("block_type", "link"), parent_id=parent_pk)
        if "link" in posted:
            block.set_link(posted["link"])
            if not block.target:
                found = search_links(posted.get("q", "").split(), request.user)
                block.title = next((suggestion.title for suggestion in found if suggestion.url == block.url), "")
        services.add_block(block)
        messages.success(request, f"“{block}” was added.")
        parent = {"parent": str(parent_pk)} if parent_pk else {}
        return {"focus": f"switch-{block.pk}", **parent}

    def _render(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        common = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, f"admin/layout/block/{template}.html", {**common, **context})

    # ---- A single block --------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Block]:
        """Return the blocks that can be edited; those of a removed area are kept but cannot be opened."""
        return super().get_queryset(request).filter(area__in=Area)

    def get_fieldsets(self, request: HttpRequest, obj: Block | None = None) -> Any:
        """Ask only for the fields of the block's type."""
        block = obj if obj and obj.area else self._new_block(request)
        fields = block.type.fields if block and block.type else _ALL_FIELDS
        return ((None, {"fields": (*fields, "is_shown")}),)

    def _new_block(self, request: HttpRequest) -> Block | None:
        """Return the unsaved block that the add form is for, or None if the query does not name one."""
        area, block_type, parent = (request.GET.get(name, "") for name in ("area", "block_type", "parent"))
        if area not in Area or block_type not in BLOCK_TYPES:
            return None
        heading = Block.objects.filter(pk=parse_pk(parent) or 0).first()
        return Block(area=area, block_type=block_type, parent=heading)

    def get_form(self, request: HttpRequest, obj: Block | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Give the add form a block with its area and type."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        block = None if change else self._new_block(request)
        if block is None:
            return form

        class NewBlockForm(form):
            def __init__(self, *args: Any, **form_kwargs: Any) -> None:
                super().__init__(*args, **form_kwargs | {"instance": block})

        return NewBlockForm

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the add form of a block type, titled with the type and the area."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        block = self._new_block(request)
        if block is None or block.type is None:
            return HttpResponseRedirect(admin_url(Block))
        title = f"{block.type.label}: {Area(block.area).label}"
        return super().add_view(request, form_url, {"title": title, **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Return to the list of areas if a concurrent change removed the block or took its place."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(admin_url(Block))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer a single save button, and describe the block's type."""
        block = context["adminform"].form.instance
        context |= {
            "area": Area(block.area),
            "subtitle": block.type.description if block.type else None,
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Block, form: Any, change: bool) -> None:
        """Save through the services, which handle concurrent changes."""
        if change:
            services.update_block(obj)
        else:
            services.add_block(obj)

    def response_add(self, request: HttpRequest, obj: Block, post_url_continue: str | None = None) -> HttpResponse:
        """Return to the area, and to the heading the block was added under."""
        messages.success(request, f"“{obj}” was added.")
        parent = {"parent": str(obj.parent_id)} if obj.parent_id else {}
        return HttpResponseRedirect(_area_url(obj.area, focus=f"switch-{obj.pk}", **parent))

    def response_change(self, request: HttpRequest, obj: Block) -> HttpResponse:
        """Return to the area."""
        messages.success(request, f"“{obj}” was saved.")
        return HttpResponseRedirect(_area_url(obj.area, focus=f"edit-{obj.pk}"))

    def delete_model(self, request: HttpRequest, obj: Block) -> None:
        """Delete a block. An area without blocks shows the default ones again."""
        request.deleted_block_area = obj.area  # type: ignore[attr-defined]
        super().delete_model(request, obj)
        if not Block.objects.filter(area=obj.area).exists():
            messages.info(request, "The area is empty, so the default blocks are back.")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Return to the area."""
        messages.success(request, f"“{obj_display}” was removed.")
        return HttpResponseRedirect(_area_url(request.deleted_block_area))  # type: ignore[attr-defined]


def _area_url(area: str, **query: str) -> str:
    return reverse("admin:layout_block_area", args=[area], query=query or None)
