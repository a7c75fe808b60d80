"""Render product cards, comparisons and notes. Their links are by slug; `affiliates.disclosure` finishes them."""

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


# The kinds of embeds that this app renders.
EMBEDS = ("product", "comparison", "sponsorship")


def embed_names(wanted: Iterable[Embed]) -> dict[Embed, str]:
    """Return the name of each existing embed for the editor, with one query per kind."""
    found: dict[Embed, str] = {}
    for kind in {embed.kind for embed in wanted}:
        rows = apps.get_model("affiliates", kind).objects.in_bulk([embed.id for embed in wanted if embed.kind == kind])
        found |= {embed: str(rows[embed.id]) for embed in wanted if embed.kind == kind and embed.id in rows}
    return found


def placeholder(embed: Embed, name: str) -> str:
    """Return the placeholder of a card, named for the editor."""
    title = format_html(' data-title="{}"', name) if name else ""
    return format_html('<div data-embed="{}" data-id="{}"{}></div>', embed.kind, embed.id, title)


def product(links: Iterable[Link], target: RenderTarget, **context: Any) -> str:
    """Return the card of the product of `links`, with a button for each active one, or "" without any."""
    live = _live(links)
    if not live:
        return ""
    return _render("card", target, product=live[0].product, links=live, **context)


def comparison(rows: Iterable[Sequence[Link]], target: RenderTarget) -> str:
    """Return the comparison table of `rows`, one product each, or "" without active links."""
    columns = []
    for links in sorted(rows, key=lambda each: (each[0].comparison_position or 0, each[0].pk)):
        if live := _live(links):
            columns.append({"product": live[0].product, "links": live, "verdict": links[0].verdict})
    title = next((link.comparison_title for links in rows for link in links), "")
    return _render("comparison", target, columns=columns, title=title) if columns else ""


def sponsorship(row: Sponsorship, target: RenderTarget) -> str:
    """Return the note at the top of a sponsored text."""
    return _render("sponsorship", target, sponsorship=row)


def disclosure(sentences: Sequence[str], target: RenderTarget) -> str:
    """Return the disclosure before the first affiliate link of a text."""
    return _render("disclosure", target, sentences=sentences)


def _live(links: Iterable[Link]) -> list[Link]:
    """Return the active links for `links`, without duplicates and of the same product."""
    found = dict.fromkeys(current for link in links if (current := link.active) and current.product)
    first = next(iter(found), None)
    return [link for link in found if first and link.product_id == first.product_id]


def _render(name: str, target: RenderTarget, **context: Any) -> str:
    product = context.get("product")
    known = {"facts": facts([product])} if product and target is RenderTarget.PAGE and "in_shop" not in context else {}
    place = {"is_page": target is RenderTarget.PAGE, "is_email": target is RenderTarget.EMAIL}
    return render_to_string(f"affiliates/_{name}.html", {**place, **known, **context})
