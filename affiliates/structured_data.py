"""Structured data for products, without ratings, prices or availability, which are not stored."""

from django.utils.safestring import SafeString

from accounts.models import Author
from accounts.structured_data import person
from affiliates.models import Product
from images.structured_data import share_image
from siteinfo.models import SiteInfo
from siteinfo.structured_data import Node, json_ld_script, node, organization
from siteinfo.urls import absolute_url


def load_reviewer() -> Node:
    """Return the node of who recommends the products: the site's author, or the site if it has none. Two queries."""
    author = Author.objects.site_author()
    return person(author) if author else organization(SiteInfo.load(), ())


def product_node(product: Product, reviewer: Node) -> Node:
    """Return the Product node with its image and what `reviewer` says about it.

    Search engines read pros and cons from a review with an author only. See
    https://developers.google.com/search/docs/appearance/structured-data/product-snippet.
    """
    review = node(
        "Review",
        author=reviewer,
        reviewBody=product.reason,
        positiveNotes=_notes(product.pro_list),
        negativeNotes=_notes(product.con_list),
    )
    image = share_image(product.image)
    return node(
        "Product",
        id=absolute_url(product.get_absolute_url()),
        name=product.name,
        description=product.reason,
        image=image.url if image else None,
        audience=node("Audience", audienceType=product.audience) if product.audience else None,
        review=review,
    )


def _notes(points: list[str]) -> Node | None:
    rows = [node("ListItem", position=position, name=point) for position, point in enumerate(points, start=1)]
    return node("ItemList", itemListElement=rows) if rows else None


def product_script(product: Product, reviewer: Node) -> SafeString:
    """Return a JSON-LD script with the node of `product`."""
    return json_ld_script([product_node(product, reviewer)])
