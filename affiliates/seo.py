"""What the shop page tells search engines and other sites."""

from collections.abc import Iterable

from django.urls import reverse

from affiliates.models import Product, ShopPage
from affiliates.structured_data import product_node
from images.structured_data import shared
from siteinfo.seo import Crumb, Page, shortened


def of_shop(shop: ShopPage, products: Iterable[Product], *, is_whole: bool) -> Page:
    """The shop page with `products`; a search within it (`is_whole` is False) is no page of its own."""
    products = list(products)
    names = "; ".join(product.name for product in products[:3])
    pictures = (product.picture for product in products if product.picture)
    return Page(
        title=shop.title,
        description=shortened(shop.lead) or shortened(f"{shop.title}: {names}." if names else f"{shop.title}."),
        path=reverse("affiliates:shop"),
        kind="CollectionPage",
        above=(Crumb("Home", reverse("home")),),
        picture=shared(next(pictures, None)),
        nodes=tuple(product_node(product) for product in products) if is_whole else (),
        is_indexed=is_whole and bool(products),
    )
