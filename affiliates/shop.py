"""Load the shop page: sections in order, with their products and cards."""

from typing import NamedTuple

from affiliates import cards
from affiliates.models import Link, Product, ShopSection
from plaintext.folding import fold
from richtext.embeds import RenderTarget


class SectionContent(NamedTuple):
    """A section with its products and their rendered cards."""

    section: ShopSection
    products: list[Product]
    cards: list[str]


def load_sections(query: str = "") -> list[SectionContent]:
    """Return the sections with products that have an active link and contain each word of `query`. One query."""
    links = (
        Link.objects.active().with_details().select_related("product__section").filter(product__section__isnull=False)
    )
    section = "product__section__"
    links = links.order_by(
        f"{section}position", f"{section}name", "product__position", "product__name", "product", "pk"
    )
    by_product: dict[Product, list[Link]] = {}
    for link in links:
        assert link.product is not None  # filtered above
        by_product.setdefault(link.product, []).append(link)
    sections: dict[ShopSection, SectionContent] = {}
    for product, links_of_product in by_product.items():
        assert product.section is not None
        if _matches(product, query):
            content = sections.setdefault(product.section, SectionContent(product.section, [], []))
            content.products.append(product)
            content.cards.append(cards.product(links_of_product, RenderTarget.PAGE, in_shop=True))
    return list(sections.values())


def _matches(product: Product, query: str) -> bool:
    text = fold(f"{product.name} {product.reason} {product.audience} {product.pros} {product.section}")
    return all(word in text for word in fold(query).split())
