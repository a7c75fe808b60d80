"""The areas of the layout in templates."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from images.context_processors import get_site_images
from layout.block_types import Area
from layout.context import LayoutContext
from layout.fragments import Fragment, current_mark, page_keys
from layout.models import Block
from layout.providers import VARIANTS
from layout.rendering import LayoutRenderer, Menu, RenderedBlock
from pagecache.per_version import html_per_version, once_per_version
from richtext.problems import render_one
from richtext.rendering import render

register = template.Library()


# ---- In pages ------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def fragment(context: Context, template_name: str) -> SafeString:
    """Return a part of the layout that is the same on every page, such as the header."""
    request = context["request"]
    rendered = once_per_version(request, template_name, lambda: _render_fragment(request, template_name))
    return rendered.for_page(page_keys(request, context))


@register.simple_tag(takes_context=True)
def sidebar(context: Context) -> SafeString:
    """Return the blocks of the sidebar on this page. A second call returns the same."""
    request = context["request"]
    html: SafeString | None = getattr(request, "sidebar", None)
    if html is None:
        html = request.sidebar = _sidebar_of_page(request, context.flatten())
    return html


# ---- In fragments --------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def menu(context: Context, area: str) -> Menu:
    """Return the links of `area` and the widgets before and after them."""
    return context["layout"].menu(area)


@register.simple_tag(takes_context=True)
def blocks(context: Context, area: str) -> list[RenderedBlock]:
    """Return the blocks of `area` in order."""
    return context["layout"].blocks(area)


@register.filter
def block_text(block: Block) -> SafeString:
    """Return the text of `block`, or nothing if it cannot be rendered: it may be on every page."""
    return render_one(block, "the layout", lambda: render(block.text, level_above=2), SafeString())


@register.simple_tag(takes_context=True)
def block_rows(context: Context, area: str) -> list[list[RenderedBlock]]:
    """Return the blocks of `area` in rows, with neighboring narrow blocks in one row."""
    return context["layout"].rows(area)


@register.simple_tag
def aria_current(url: str) -> SafeString:
    """Mark a link to `url` on the page at that URL."""
    return current_mark([url], "page")


@register.simple_tag
def aria_current_heading(rendered: RenderedBlock) -> SafeString:
    """Mark a heading on the pages it is current for."""
    return current_mark(rendered.current_keys, "true")


@register.filter
def has_block(rendered_blocks: Iterable[RenderedBlock], block_type: str) -> bool:
    """Return whether one of the blocks is of `block_type`."""
    return any(rendered.block_type == block_type for rendered in rendered_blocks)


def _fragment_context(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of all fragments, none of which depends on the page."""
    variables: dict[str, Any] | None = getattr(request, "fragment_variables", None)
    if variables is None:
        layout = LayoutContext(request)
        variables = request.fragment_variables = {  # type: ignore[attr-defined]
            "layout": LayoutRenderer(layout, has_page=False),
            "site": layout.site,
            "appearance": layout.appearance,
            "site_images": get_site_images(request),
            "navigation": layout.navigation,
            "categories": layout.categories,
        }
    return variables


def _render_fragment(request: HttpRequest, template_name: str) -> Fragment:
    return Fragment(render_to_string(template_name, _fragment_context(request)))


def _sidebar_of_page(request: HttpRequest, variables: dict[Any, Any]) -> SafeString:
    keys = page_keys(request, variables)
    layout = LayoutRenderer(LayoutContext(request, variables))
    items = once_per_version(request, "sidebar", lambda: _render_sidebar(request))
    parts = (
        item.for_page(keys) if isinstance(item, Fragment) else _render_varying(request, layout, item, variables)
        for item in items
    )
    return mark_safe("\n".join(part for part in parts if part.strip()))  # noqa: S308 - rendered by templates


def _render_sidebar(request: HttpRequest) -> list[Fragment | Block]:
    """Return the blocks of the sidebar: rendered, or as they are if they show something else on other pages."""
    variables = _fragment_context(request)
    return [
        rendered.block if rendered.varies_by_page else Fragment(_render_block(rendered, variables))
        for rendered in variables["layout"].blocks(Area.SIDEBAR)
    ]


def _render_varying(
    request: HttpRequest, layout: LayoutRenderer, block: Block, variables: dict[Any, Any]
) -> SafeString:
    def render() -> SafeString:
        parts = (_render_block(rendered, variables) for rendered in layout.render([block]))
        return mark_safe("".join(parts))  # noqa: S308 - rendered by templates

    variant = VARIANTS.get(block.block_type)
    if variant is None:
        return render()
    return html_per_version(request, ("block", block.block_type, variant(layout.context)), render)


def _render_block(rendered: RenderedBlock, variables: dict[Any, Any]) -> str:
    return render_to_string(rendered.template, variables | {"rendered": rendered})
