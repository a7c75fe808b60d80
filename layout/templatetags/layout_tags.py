"""The areas of the layout in templates. All areas of a page share one query for their blocks."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context

from layout.context import LayoutContext
from layout.rendering import LayoutRenderer, Menu, RenderedBlock

register = template.Library()


def _renderer(context: Context) -> LayoutRenderer:
    """Return the renderer of this request. The first tag passes it the view's context."""
    request = context["request"]
    renderer: LayoutRenderer | None = getattr(request, "layout_renderer", None)
    if renderer is None:
        template_context: dict[Any, Any] = context.flatten()
        renderer = request.layout_renderer = LayoutRenderer(LayoutContext(request, template_context))
    return renderer


@register.simple_tag(takes_context=True)
def menu(context: Context, area: str) -> Menu:
    """Return the links of `area` and the widgets before and after them."""
    return _renderer(context).menu(area)


@register.simple_tag(takes_context=True)
def blocks(context: Context, area: str) -> list[RenderedBlock]:
    """Return the blocks of `area` in order."""
    return _renderer(context).blocks(area)


@register.simple_tag(takes_context=True)
def block_rows(context: Context, area: str) -> list[list[RenderedBlock]]:
    """Return the blocks of `area` in rows, with neighboring narrow blocks in one row."""
    return _renderer(context).rows(area)


@register.filter
def has_block(rendered_blocks: Iterable[RenderedBlock], block_type: str) -> bool:
    """Return whether one of the blocks is of `block_type`."""
    return any(rendered.block_type == block_type for rendered in rendered_blocks)
