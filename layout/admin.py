"""Menus and areas on the writing desk: a page for each, where its items are ordered, switched, added and filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from images.admin import WithImagePicker
from layout import services
from layout.block_types import KINDS, Area, Kind
from layout.default_layout import Branch
from layout.forms import ItemForm
from layout.models import Item
from layout.rendering import Scene
from pages.places import Place, find

DESCRIPTIONS = {
    Area.TOP_BAR: "The narrow bar above everything, on wide screens.",
    Area.MAIN: "Beside your site's name, on every page.",
    Area.MOBILE: "What opens behind “Menu” on telephones and small tablets.",
    Area.HOME: "The sections of the home page, from top to bottom.",
    Area.SIDEBAR: "The boxes beside posts, lists and the services page.",
    Area.FOOTER: "The columns at the end of every page.",
}
STEPS = ("up", "down", "in", "out")


class Row(NamedTuple):
    """An item in the list of its area: what it is, why readers do not see it, and which steps it can take."""

    item: Item
    what: str
    unseen: str
    steps: list[str]
    heading_above: Item | None
    below: list[Row]


def _what(scene: Scene, item: Item) -> str:
    if item.about and item.about.is_line and item.kind != "link":
        return ", ".join(link.title for link in scene.find(item))
    if item.kind == "link":
        kind = str(item.target._meta.verbose_name).capitalize() if item.target else "Address"
        return f"{kind} · {item.leads_to}"
    return item.about.label if item.about and item.name != item.about.label else ""


def _unseen(scene: Scene, item: Item) -> str:
    if item.about is None:
        return "The site does not know it any more."
    if not item.is_shown:
        return "Switched off."
    return item.trouble or (item.about.empty if not scene.find(item) else "")


def _rows(scene: Scene, branches: list[Branch]) -> list[Row]:
    items = [branch.item for branch in branches]
    return [_row(scene, items, number, branch.below) for number, branch in enumerate(branches)]


def _row(scene: Scene, siblings: list[Item], number: int, below: Sequence[Item] = ()) -> Row:
    item, above = siblings[number], siblings[number - 1] if number else None
    kind = item.about
    steps = {
        "up": above is not None,
        "down": number + 1 < len(siblings),
        "in": bool(above and above.kind == "heading" and kind and kind.is_line),
        "out": bool(item.parent_id and kind and item.area in kind.areas),
    }
    children = [_row(scene, list(below), place) for place in range(len(below))]
    possible = [name for name, is_possible in steps.items() if is_possible]
    return Row(item, _what(scene, item), _unseen(scene, item), possible, above if steps["in"] else None, children)


class Choice(NamedTuple):
    """A kind that can be added, or the reason why it cannot."""

    kind: Kind
    is_there: bool


@admin.register(Item)
class ItemAdmin(WithImagePicker, admin.ModelAdmin):
    """Whoever may change the site's facts may arrange its frame."""

    form = ItemForm

    class Media:
        js = (Script("layout/sortable.js", type="module"),)

    # ---- Rights ----------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("siteinfo.change_siteinfo"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """The start page offers the areas, not a form without one."""
        return {"add": False, "change": True, "delete": False, "view": True}

    # ---- The areas -------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.arrange)
        return [path("area/<str:area>/", view, name="layout_item_area"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All areas."""
        if not self.has_module_permission(request):
            raise PermissionDenied
        scene = Scene(request, {})
        areas = [
            {
                "area": area,
                "description": DESCRIPTIONS[area],
                "is_own": scene.is_own(area),
                "names": [branch.item.name for branch in scene.branches(area) if branch.item.is_shown],
            }
            for area in Area
        ]
        return self._page(request, "areas", "Menus and areas", areas=areas)

    def arrange(self, request: HttpRequest, area: str) -> HttpResponse:
        """One area: its items in order, and what can be added. Each button is one change, saved at once."""
        if not self.has_module_permission(request):
            raise PermissionDenied
        if area not in Area:
            raise Http404
        if request.method == "POST":
            try:
                query = self._change(request, area)
            except ValidationError as refused:
                messages.error(request, " ".join(dict.fromkeys(refused.messages)))
                query = {}
            return HttpResponseRedirect(_address(area, **query))
        scene = Scene(request, {})
        rows = _rows(scene, scene.branches(area))
        under = next((row.item for row in rows if row.item.pk and str(row.item.pk) == request.GET.get("under")), None)
        words = request.GET.get("q", "").strip()[:200]
        return self._page(
            request,
            "area",
            Area(area).label,
            area=Area(area),
            description=DESCRIPTIONS[Area(area)],
            areas=Area,
            is_own=scene.is_own(area),
            rows=rows,
            under=under,
            choices=_choices(area, rows, under),
            takes_links=under or area in KINDS["link"].areas,
            q=words,
            places=_places(words),
            **_moved(rows, request.GET.get("at", "")),
        )

    def _change(self, request: HttpRequest, area: str) -> dict[str, str]:
        """Do what the button says. The query of the page that follows."""
        sent = {name: str(value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
        if "own" in sent:
            services.take_over(area)
        elif "usual" in sent:
            services.give_back(area)
            messages.success(request, "The usual arrangement is back.")
        elif "kind" in sent or "link" in sent:
            return self._add(request, area, sent)
        elif "move" in sent:
            item = services.move(_key(sent["move"]) or 0, _key(sent.get("under")), _key(sent.get("before")))
            return {"at": f"handle-{item.pk}"}
        elif step := next((step for step in STEPS if step in sent), None):
            services.step(_key(sent[step]) or 0, step)
            return {"at": f"{step}-{sent[step]}"}
        elif switch := next((name for name in ("show", "hide") if name in sent), None):
            changed = Item.objects.filter(pk=_key(sent[switch]) or 0, area=area).update(is_shown=switch == "show")
            if not changed:
                raise ValidationError(services.GONE)
            return {"at": f"switch-{sent[switch]}"}
        return {}

    def _add(self, request: HttpRequest, area: str, sent: dict[str, str]) -> dict[str, str]:
        under = _key(sent.get("under"))
        if under and not Item.objects.filter(pk=under, area=area, kind="heading").exists():
            raise ValidationError(services.GONE)
        item = Item(area=area, kind=sent.get("kind", "link"), parent_id=under)
        if "link" in sent:
            item.point_at(sent["link"])
            if not item.target:
                own = (place.title for place in find(sent.get("q", "").split()) if place.address == item.address)
                item.title = next(own, "")
        services.add(item)
        messages.success(request, f"“{item}” is added.")
        return {"at": f"switch-{item.pk}"} | ({"under": str(under)} if under else {})

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        frame = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, f"admin/layout/item/{template}.html", {**frame, **context})

    # ---- One item --------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        # Those of an area that is no more are kept, and cannot be opened.
        return super().get_queryset(request).filter(area__in=Area)

    def get_fieldsets(self, request: HttpRequest, obj: Item | None = None) -> Any:
        item = obj if obj and obj.area else self._new(request)
        every = ("title", "leads_to", "image", "text", "number")
        fields = item.about.fields if item and item.about else every
        return ((None, {"fields": (*fields, "is_shown")}),)

    def _new(self, request: HttpRequest) -> Item | None:
        """The item that the form to add one is about."""
        area, kind, under = (request.GET.get(name, "") for name in ("area", "kind", "under"))
        if area not in Area or kind not in KINDS:
            return None
        return Item(area=area, kind=kind, parent=Item.objects.filter(pk=_key(under) or 0).first())

    def get_form(self, request: HttpRequest, obj: Item | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        new = None if change else self._new(request)
        if new is None:
            return form

        class NewForm(form):
            def __init__(self, *args: Any, **given: Any) -> None:
                super().__init__(*args, **given | {"instance": new})

        return NewForm

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        new = self._new(request)
        if new is None or new.about is None:
            return HttpResponseRedirect(reverse("admin:layout_item_changelist"))
        title = f"{new.about.label}: {Area(new.area).label}"
        return super().add_view(request, form_url, {"title": title, **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as refused:  # somebody was quicker
            messages.error(request, " ".join(refused.messages))
            return HttpResponseRedirect(reverse("admin:layout_item_changelist"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        item = context["adminform"].form.instance
        context |= {"area": Area(item.area), "kind": item.about, "show_save_and_continue": False}
        context |= {"show_save_and_add_another": False, "subtitle": item.about and item.about.description}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Item, form: Any, change: bool) -> None:
        if change:
            services.fill_in(obj)
        else:
            services.add(obj)

    def response_add(self, request: HttpRequest, obj: Item, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"“{obj}” is added.")
        under = {"under": str(obj.parent_id)} if obj.parent_id else {}
        return HttpResponseRedirect(_address(obj.area, at=f"switch-{obj.pk}", **under))

    def response_change(self, request: HttpRequest, obj: Item) -> HttpResponse:
        messages.success(request, f"“{obj}” is saved.")
        return HttpResponseRedirect(_address(obj.area, at=f"edit-{obj.pk}"))

    def delete_model(self, request: HttpRequest, obj: Item) -> None:
        request.deleted_from = obj.area  # type: ignore[attr-defined]
        super().delete_model(request, obj)
        if not Item.objects.filter(area=obj.area).exists():
            messages.info(request, "That was the last one, so the usual arrangement is back.")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        messages.success(request, f"“{obj_display}” is removed.")
        return HttpResponseRedirect(_address(request.deleted_from))  # type: ignore[attr-defined]


def _address(area: str, **query: str) -> str:
    return reverse("admin:layout_item_area", args=[area], query=query or None)


def _key(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def _choices(area: str, rows: list[Row], under: Item | None) -> list[Choice]:
    """What can be added at the end of `area`, or under a heading."""
    there = {row.item.kind for row in rows}
    if under:
        return [Choice(kind, False) for kind in KINDS.values() if kind.is_line and kind.name != "link"]
    return [
        Choice(kind, kind.is_single and kind.name in there)
        for kind in KINDS.values()
        if area in kind.areas and kind.name != "link"
    ]


def _places(words: str) -> list[Place]:
    """What is found by `words`; an address is found as it is."""
    if words.startswith(("/", "http://", "https://", "mailto:", "tel:")):
        return [Place(words, words, "Address")]
    return find(words.split()[:8]) if words else []


def _moved(rows: list[Row], at: str) -> dict[str, Any]:
    """After a step: the button that takes the focus, and where the item is now, in a sentence."""
    name, _, key = at.partition("-")
    for siblings in (rows, *(row.below for row in rows)):
        for number, row in enumerate(siblings, start=1):
            if str(row.item.pk) != key:
                continue
            if name in STEPS and name not in row.steps:
                name = next(iter(row.steps), "switch")
            said = f"“{row.item}” is number {number} of {len(siblings)}."
            return {"focus": name, "focus_on": row.item, "said": said}
    return {}
