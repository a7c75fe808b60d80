"""The shop page in the map for search engines, once there is something on it."""

from datetime import datetime

from django.urls import reverse

from affiliates.models import Product
from blog.sitemaps import FrontSitemap


class ShopSitemap(FrontSitemap):
    """The shop page."""

    def items(self) -> list[tuple[str, datetime | None]]:
        return [(reverse("affiliates:shop"), None)] if Product.objects.published().exists() else []
