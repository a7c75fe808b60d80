"""App configuration of affiliates."""

from django.apps import AppConfig


class AffiliatesConfig(AppConfig):
    """Affiliate programs, links, products and the shop page."""

    name = "affiliates"
    verbose_name = "Shop and affiliate links"

    def ready(self) -> None:
        """Register with richtext, and connect signals."""
        from affiliates import disclosure, site_statements
        from affiliates.models import Comparison, Product, Sponsorship

        disclosure.register({"product": Product, "comparison": Comparison, "sponsorship": Sponsorship})
        site_statements.connect()
