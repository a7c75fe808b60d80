"""The pages' part of the map for search engines."""

from datetime import datetime

from blog.sitemaps import FrontSitemap
from pages.models import Page


class PageSitemap(FrontSitemap):
    """The pages that always exist, and the public ones that search engines should show."""

    def items(self) -> list[tuple[str, datetime | None]]:
        pages = Page.objects.published().filter(hides_from_search=False, canonical_url="")
        found = pages.in_order().without_text()
        return [*super().items(), *((page.get_absolute_url(), page.modified_at) for page in found)]
