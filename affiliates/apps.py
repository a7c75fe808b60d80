from django.apps import AppConfig


class AffiliatesConfig(AppConfig):
    name = "affiliates"
    verbose_name = "Favorites and paid links"

    def ready(self) -> None:
        from affiliates import disclosure, references, site_statements
        from affiliates.models import Comparison, Product, Sponsorship

        disclosure.register({"product": Product, "comparison": Comparison, "sponsorship": Sponsorship})
        references.connect()
        site_statements.connect()
