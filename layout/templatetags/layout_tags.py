"""The frame in templates. One query for all its areas, and one more for each list that only a box of it needs."""

from typing import Any

from django import template
from django.template import Context

from layout.rendering import Entry, Menu, Scene

register = template.Library()


def _scene(context: Context) -> Scene:
    """The page being shown; the first tag sees all of its view's context."""
    request = context["request"]
    scene: Scene | None = getattr(request, "layout_scene", None)
    if scene is None:
        known: dict[Any, Any] = context.flatten()
        scene = request.layout_scene = Scene(request, known)
    return scene


@register.simple_tag(takes_context=True)
def menu(context: Context, area: str) -> Menu:
    """The links of `area`, and its boxes before and after them."""
    return _scene(context).menu(area)


@register.simple_tag(takes_context=True)
def boxes(context: Context, area: str) -> list[Entry]:
    """The boxes of `area`, in order."""
    return _scene(context).entries(area)


@register.simple_tag(takes_context=True)
def rows(context: Context, area: str) -> list[list[Entry]]:
    """The boxes of `area` in rows: those that are narrow share one with their neighbours."""
    return _scene(context).rows(area)


@register.filter
def hold(entries: list[Entry], kind: str) -> bool:
    """Whether one of `entries` is of `kind`."""
    return any(entry.kind == kind for entry in entries)
