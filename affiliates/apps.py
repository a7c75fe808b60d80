"""App configuration for affiliates."""

from django.apps import AppConfig


class AffiliatesConfig(AppConfig):
    """Affiliate programs, links, products and the shop page."""

    name = "affiliates"
    verbose_name = "Shop and affiliate links"

    def ready(self) -> None:
        """Register with richtext, and connect signals."""
        from affiliates import rendering, reports, site_statements
        from affiliates.models import Link
        from blog import checklist, internal_links

        rendering.register()
        reports.register()
        site_statements.connect()
        check = internal_links.slug_check(Link.objects.with_destination, "This affiliate link does not exist.")
        internal_links.register_check(["affiliates:go"], check)
        checklist.register_paid_content(lambda content: rendering.has_paid_content(content.tree))
