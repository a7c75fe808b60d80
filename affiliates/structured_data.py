"""Products as machines read them: the author's words about them, and no rating, price or stock that nobody gave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString

from images.structured_data import shared
from siteinfo.structured_data import Node, json_ld_script, node
from siteinfo.urls import absolute_url

if TYPE_CHECKING:
    from affiliates.models import Product


def product_node(product: Product) -> Node:
    """A product with its picture, what is good about it and what is not.

    The pros and cons are those of https://developers.google.com/search/docs/appearance/structured-data/product-snippet.
    """
    picture = shared(product.picture)
    return node(
        "Product",
        id=absolute_url(product.get_absolute_url()),
        name=product.name,
        description=product.reason,
        image=picture.url if picture else None,
        audience=node("Audience", audienceType=product.audience) if product.audience else None,
        positiveNotes=_notes(product.good_points),
        negativeNotes=_notes(product.bad_points),
    )


def _notes(points: list[str]) -> Node | None:
    rows = [node("ListItem", position=position, name=point) for position, point in enumerate(points, start=1)]
    return node("ItemList", itemListElement=rows) if rows else None


def facts(products: Iterable[Product]) -> SafeString:
    """The graph of `products` as markup, for the texts that show them."""
    return json_ld_script([product_node(product) for product in products])
