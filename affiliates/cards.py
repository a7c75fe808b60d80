"""Render product cards, comparisons and notes. Their links are by slug; `affiliates.rendering` finishes them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.html import format_html

from affiliates.models import Comparison, Link, Product, Sponsorship
from affiliates.structured_data import product_script
from richtext.embeds import Embed, RenderTarget
from siteinfo.structured_data import Node

# The models of this app that can be embedded in a text, by the type of the embed.
EMBEDS: dict[str, type[Model]] = {"product": Product, "comparison": Comparison, "sponsorship": Sponsorship}


def embed_names(wanted: Iterable[Embed]) -> dict[Embed, str]:
    """Return the name of each existing embed for the editor, with one query per kind."""
    names: dict[Embed, str] = {}
    for kind in {embed.kind for embed in wanted}:
        embeds = [embed for embed in wanted if embed.kind == kind]
        rows = EMBEDS[kind]._default_manager.in_bulk([embed.id for embed in embeds])
        names |= {embed: str(rows[embed.id]) for embed in embeds if embed.id in rows}
    return names


def placeholder(embed: Embed, name: str) -> str:
    """Return the placeholder of a card. The editor shows `name` in it."""
    title = format_html(' data-title="{}"', name) if name else ""
    return format_html('<div data-embed="{}" data-id="{}"{}></div>', embed.kind, embed.id, title)


def product(links: Iterable[Link], target: RenderTarget, *, reviewer: Node | None = None, in_shop: bool = False) -> str:
    """Return the card of the product of `links`, with a button for each active one, or "" without any.

    With a `reviewer`, the card contains the product's structured data; the shop page has it in its head instead.
    """
    active_links = _active_links(links)
    if not active_links:
        return ""
    product = active_links[0].product
    script = product_script(product, reviewer) if product and reviewer else ""
    return _render("card", target, product=product, links=active_links, in_shop=in_shop, structured_data=script)


def comparison(rows: Iterable[Sequence[Link]], target: RenderTarget) -> str:
    """Return the comparison table of `rows`, one product each, or "" without active links."""
    columns = []
    for links in sorted(rows, key=lambda each: (each[0].comparison_position or 0, each[0].pk)):
        if active_links := _active_links(links):
            columns.append({"product": active_links[0].product, "links": active_links, "verdict": links[0].verdict})
    title = next((link.comparison_title for links in rows for link in links), "")
    return _render("comparison", target, columns=columns, title=title) if columns else ""


def sponsorship(row: Sponsorship, target: RenderTarget) -> str:
    """Return the note at the top of a sponsored text."""
    return _render("sponsorship", target, sponsorship=row)


def disclosure(sentences: Sequence[str], target: RenderTarget) -> str:
    """Return the disclosure before the first affiliate link of a text."""
    return _render("disclosure", target, sentences=sentences)


def _active_links(links: Iterable[Link]) -> list[Link]:
    """Return `links` without duplicates, retired ones replaced, and only those of the same product as the first."""
    current_links = [link.current for link in links]
    active_links = list(dict.fromkeys(link for link in current_links if link and link.product))
    return [link for link in active_links if link.product_id == active_links[0].product_id]


def _render(name: str, target: RenderTarget, **context: Any) -> str:
    context |= {"is_page": target is RenderTarget.PAGE, "is_email": target is RenderTarget.EMAIL}
    return render_to_string(f"affiliates/_{name}.html", context)
