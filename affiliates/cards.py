"""Cards, comparisons and notes as markup. Their links are by name: `affiliates.disclosure` finishes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.template.loader import render_to_string
from django.utils.html import format_html

from affiliates.structured_data import facts
from richtext.embeds import Embed, RenderTarget

if TYPE_CHECKING:
    from affiliates.models import Link, Sponsorship


def names(wanted: Iterable[Embed]) -> dict[Embed, str]:
    """What the editor calls each of `wanted` that exists. One query for each kind."""
    found: dict[Embed, str] = {}
    for kind in {embed.kind for embed in wanted}:
        rows = apps.get_model("affiliates", kind).objects.in_bulk([embed.id for embed in wanted if embed.kind == kind])
        found |= {embed: str(rows[embed.id]) for embed in wanted if embed.kind == kind and embed.id in rows}
    return found


def place(embed: Embed, name: str) -> str:
    """The place of a card, named for the editor."""
    title = format_html(' data-title="{}"', name) if name else ""
    return format_html('<div data-embed="{}" data-id="{}"{}></div>', embed.kind, embed.id, title)


def product(links: Iterable[Link], target: RenderTarget, **context: Any) -> str:
    """The card of the product that `links` lead to, with a button for each; nothing if none leads anywhere."""
    live = _live(links)
    if not live:
        return ""
    return _render("card", target, product=live[0].product, links=live, **context)


def comparison(rows: Iterable[Sequence[Link]], target: RenderTarget) -> str:
    """The table of the products that each of `rows` leads to, in order; nothing if none leads anywhere."""
    columns = []
    for links in sorted(rows, key=lambda each: (each[0].compared_at or 0, each[0].pk)):
        if live := _live(links):
            columns.append({"product": live[0].product, "links": live, "verdict": links[0].verdict})
    title = next((link.comparison_title for links in rows for link in links), "")
    return _render("comparison", target, columns=columns, title=title) if columns else ""


def sponsorship(row: Sponsorship, target: RenderTarget) -> str:
    """What stands at the top of a text that a brand gave something for."""
    return _render("sponsorship", target, sponsorship=row)


def disclosure(sentences: Sequence[str], target: RenderTarget) -> str:
    """What stands before the first paid link of a text."""
    return _render("disclosure", target, sentences=sentences)


def _live(links: Iterable[Link]) -> list[Link]:
    """What readers get for `links`, each once, all of one product."""
    found = dict.fromkeys(current for link in links if (current := link.current) and current.product)
    first = next(iter(found), None)
    return [link for link in found if first and link.product_id == first.product_id]


def _render(name: str, target: RenderTarget, **context: Any) -> str:
    product = context.get("product")
    known = {"facts": facts([product])} if product and target is RenderTarget.PAGE and "in_shop" not in context else {}
    place = {"is_page": target is RenderTarget.PAGE, "is_mail": target is RenderTarget.EMAIL}
    return render_to_string(f"affiliates/_{name}.html", {**place, **known, **context})
