"""What stands on the shop page: the groups in their order, each with its products and their cards."""

from typing import NamedTuple

from affiliates import cards
from affiliates.models import Link, Product, Shelf
from richtext.embeds import RenderTarget


class Group(NamedTuple):
    """A group of the shop page."""

    shelf: Shelf
    products: list[Product]
    cards: list[str]


def shelves(words: str = "") -> list[Group]:
    """The groups that have a product which can be had, and which has each of `words`. One query."""
    links = Link.objects.live().told().select_related("product__shelf").filter(product__shelf__isnull=False)
    shelf = "product__shelf__"
    links = links.order_by(f"{shelf}position", f"{shelf}name", "product__position", "product__name", "product", "pk")
    by_product: dict[Product, list[Link]] = {}
    for link in links:
        assert link.product is not None  # asked for above
        by_product.setdefault(link.product, []).append(link)
    groups: dict[Shelf, Group] = {}
    for product, own in by_product.items():
        assert product.shelf is not None
        if _has(product, words):
            group = groups.setdefault(product.shelf, Group(product.shelf, [], []))
            group.products.append(product)
            group.cards.append(cards.product(own, RenderTarget.PAGE, in_shop=True))
    return list(groups.values())


def _has(product: Product, words: str) -> bool:
    text = f"{product.name} {product.reason} {product.audience} {product.pros} {product.shelf}".casefold()
    return all(word in text for word in words.casefold().split())
