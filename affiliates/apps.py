from django.apps import AppConfig


class AffiliatesConfig(AppConfig):
    name = "affiliates"
    verbose_name = "Favorites and paid links"

    def ready(self) -> None:
        from affiliates import paid, statements, usage

        paid.register()
        usage.connect()
        statements.connect()
