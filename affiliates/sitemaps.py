"""The sitemap entry for the shop page."""

from datetime import datetime

from django.urls import reverse

from affiliates.models import Product
from blog.sitemaps import StaticViewSitemap


class ShopSitemap(StaticViewSitemap):
    """The shop page, if it has products."""

    def items(self) -> list[tuple[str, datetime | None]]:
        """Return the URL of the shop page, if it has products."""
        return [(reverse("affiliates:shop"), None)] if Product.objects.published().exists() else []
