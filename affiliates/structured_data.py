"""Structured data for products, without ratings, prices or availability, which are not stored."""

from collections.abc import Iterable

from django.utils.safestring import SafeString

from affiliates.models import Product
from images.structured_data import share_image
from siteinfo.structured_data import Node, json_ld_script, node
from siteinfo.urls import absolute_url


def product_node(product: Product) -> Node:
    """Return the Product node with its image, pros and cons.

    Pros and cons follow https://developers.google.com/search/docs/appearance/structured-data/product-snippet.
    """
    image = share_image(product.image)
    return node(
        "Product",
        id=absolute_url(product.get_absolute_url()),
        name=product.name,
        description=product.reason,
        image=image.url if image else None,
        audience=node("Audience", audienceType=product.audience) if product.audience else None,
        positiveNotes=_notes(product.pro_list),
        negativeNotes=_notes(product.con_list),
    )


def _notes(points: list[str]) -> Node | None:
    rows = [node("ListItem", position=position, name=point) for position, point in enumerate(points, start=1)]
    return node("ItemList", itemListElement=rows) if rows else None


def products_script(products: Iterable[Product]) -> SafeString:
    """Return a JSON-LD script with the nodes of `products`."""
    return json_ld_script([product_node(product) for product in products])
