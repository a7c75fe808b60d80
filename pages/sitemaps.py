"""The sitemap for pages."""

from datetime import datetime

from blog.sitemaps import StaticViewSitemap
from pages.models import Page


class PageSitemap(StaticViewSitemap):
    """The built-in pages, and the public ones that search engines should index."""

    def items(self) -> list[tuple[str, datetime | None]]:
        """Return URLs with the time of the last change, if it is known."""
        pages = Page.objects.published().filter(hides_from_search=False, canonical_url="")
        rows = [(page.get_absolute_url(), page.last_changed_at) for page in pages.in_order().without_text()]
        return [*super().items(), *rows]
