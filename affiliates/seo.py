"""What the shop page tells search engines and other sites."""

from collections.abc import Iterable

from django.urls import reverse

from affiliates.models import Product, ShopPage
from affiliates.structured_data import product_node
from images.structured_data import shared
from siteinfo.seo import Breadcrumb, PageMeta, truncate


def of_shop(shop: ShopPage, products: Iterable[Product], *, is_whole: bool) -> PageMeta:
    """The shop page with `products`; a search within it (`is_whole` is False) is no page of its own."""
    products = list(products)
    names = "; ".join(product.name for product in products[:3])
    pictures = (product.picture for product in products if product.picture)
    return PageMeta(
        title=shop.title,
        description=truncate(shop.lead) or truncate(f"{shop.title}: {names}." if names else f"{shop.title}."),
        path=reverse("affiliates:shop"),
        schema_type="CollectionPage",
        ancestors=(Breadcrumb("Home", reverse("home")),),
        image=shared(next(pictures, None)),
        nodes=tuple(product_node(product) for product in products) if is_whole else (),
        is_indexed=is_whole and bool(products),
    )
