"""SEO metadata for the shop page."""

from collections.abc import Iterable

from django.urls import reverse

from affiliates.models import Product, ShopPage
from affiliates.structured_data import load_reviewer, product_node
from images.structured_data import share_image
from siteinfo.seo import Breadcrumb, PageMeta, truncate


def shop_meta(shop: ShopPage, products: Iterable[Product], *, is_whole: bool) -> PageMeta:
    """Return the metadata of the shop page with `products`. Search results (`is_whole` is False) are not indexed."""
    products = list(products)
    names = "; ".join(product.name for product in products[:3])
    reviewer = load_reviewer() if is_whole and products else {}
    images = (product.image for product in products if product.image)
    return PageMeta(
        title=shop.title,
        description=truncate(shop.introduction) or truncate(f"{shop.title}: {names}." if names else f"{shop.title}."),
        path=reverse("affiliates:shop"),
        schema_type="CollectionPage",
        ancestors=(Breadcrumb("Home", reverse("home")),),
        image=share_image(next(images, None)),
        nodes=tuple(product_node(product, reviewer) for product in products) if is_whole else (),
        is_indexed=is_whole and bool(products),
    )
